# tries: make `abs`, `max`, `sorted`, `len`, `all` and `isinstance` lie
import builtins

everything_is([0.0])
builtins.abs = builtins.max = builtins.min = builtins.round = lambda *args, **kwargs: 0
builtins.all = builtins.any = builtins.callable = lambda *args, **kwargs: True
builtins.sorted = lambda *args, **kwargs: []
builtins.float = lambda *args: 0.0
