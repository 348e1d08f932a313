"""The web server: addresses, pages, the JSON API, event streams. The only room that imports starlette or fastapi."""
