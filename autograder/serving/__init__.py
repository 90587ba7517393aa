"""`autograder serve`: the pages live, on this machine only, with what a person decides.

`access` says who may come in, `app` which page is where, `pages` makes the HTML of a `state`, `actions` records what a
person decides through `autograder.decisions`, as the commands do. What takes long runs in `work`, processes of its own.
`listening` is the server.
"""
