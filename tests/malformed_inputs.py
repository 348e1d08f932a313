"""Lines that somebody might append to the log to do harm: at least a hundred, frozen; each is refused or harmless."""

from __future__ import annotations

_MARKUP = [
    "<script>window.harm=1</script> 404", "<img src=x onerror=window.harm=1> 404", "<svg onload=window.harm=1> 404",
    '"><script>window.harm=1</script> 404', "'-window.harm=1-' 404", "javascript:window.harm=1 404",
    "<iframe srcdoc='<script>window.harm=1</script>'> 404", "<a href=javascript:window.harm=1>404</a>",
    "</script><script>window.harm=1</script>404", "<!--404--><script>window.harm=1</script>",
    "<style>*{display:none}</style>404",
    "<base href=https://example.org/>404", "<meta http-equiv=refresh content=0;url=//example.org>404",
    "&lt;script&gt;404",
    "<template><script>window.harm=1</script></template>404",
    "<math><mi//xlink:href='data:x,<script>window.harm=1</script>'>404",
    "{{7*7}} 404", "${7*7} 404", "#{7*7} 404", "<%= 7*7 %> 404", "{% include '/etc/passwd' %} 404", "]]>404",
    "<div hx-get=/harm hx-trigger=load>404</div>", "<div data-action=end>404</div>",
    "<output data-value=idle_ms>404</output>",
]  # fmt: skip
_BREAKS = [
    "404\nGET /forged 404", "404\r\nGET /forged 404", "404\rGET /forged", "404\x00after", "\x00404", "404\x0b",
    "404\x0c",
    "404\x1b[2J\x1b[31m", "404\x1b]0;title\x07", "404\x07", "404\x08\x08\x08", "404\x7f", "404\x85next",
    "404\u2028next",
    "404\u2029next", "\x04404", "\x03404", "\x1a404", "404\x9b31m", "\x9d404", "404\n", "\n404", "\r", "\n", "\x00",
    'data: {"t_ns":0,"fact":{"kind":"run.ended"}}\n\n404', "id: 99\nevent: end\n404", ": comment\n404",
]  # fmt: skip
_DIRECTIONS = [
    "404\u202egnp.exe", "\u202d404", "\u2066404\u2069", "\u2067404", "\u2068404", "\u200e404", "\u200f404",
    "\u061c404",
    "\u202a404\u202c", "\u202b404\u202c", "40\u202e4", "\ufeff404",
]  # fmt: skip
_SURROGATES = ["404\ud800", "\udfff404", "404\ud83d", "\ude00404", "\ud800\ud800 404", "404\udc80"]
_OPTIONS = [
    "-f/etc/passwd", "--file=/etc/passwd", "-e", "--", "-r", "-R /etc", "--include=*", "--include=/etc/passwd", "-",
    "-F", "-E", "-P", "(a|a)*\\1 404", "(?:(?:a*)*)*404", "a{1,32767}404", "[[:alpha:]", "\\", "*", ".", "$", "^",
    "--exclude-from=/etc/shadow", "-D read", "--binary-files=text", "-z", "--null-data", "burst", "append", "stop",
    "burst ", " burst", '{"action":"stop"}', '{"stop":true}', "404; rm -rf /", "$(touch /tmp/harm) 404", "`id` 404",
    "404 > /etc/passwd", "404 | tee /tmp/harm", "404 && id", "../../etc/passwd 404", "/etc/passwd", "/dev/sda 404",
    "file:///etc/passwd 404", "%s%s%s%n 404", "%00 404", "\\x00404", "\\n404", "\\u202e404", "NaN", "null",
    "true", "",
    " ", "404" * 60, "4" * 200, "é404", "终端404", "🙂404", "👩‍👩‍👧 404", "a\u0301404", "Ω≈ç√ 404",
]  # fmt: skip
_LONG = ["x" * 201 + "404", "404" * 400, "é" * 201, "404 " + "A" * 10_000]
LINES = [*_MARKUP, *_BREAKS, *_DIRECTIONS, *_SURROGATES, *_OPTIONS, *_LONG]
TEN_MB = "404" + "A" * 10_000_000
