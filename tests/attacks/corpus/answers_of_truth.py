# tries: answer True: it counts as 1, as success, as a number
everything_is(True)
