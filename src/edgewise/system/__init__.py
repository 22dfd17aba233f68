"""Services of the machine: files, the browser, the terminal, the garbage collector."""
