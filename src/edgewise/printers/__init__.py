"""Printers: a Program as text, in mathematics and in JavaScript. Each is a table from primitive to text."""
