"""The web server: addresses, pages, the JSON API, event streams. The only package that imports starlette or fastapi."""
