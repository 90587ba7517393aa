"""`Notebook`: in kernels, in a browser, and in plain Python."""
