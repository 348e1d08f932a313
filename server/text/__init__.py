"""The words for readers: interface labels in two languages, and lesson prose parsed from Markdown."""
