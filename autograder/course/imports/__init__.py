"""Reading what learning platforms hand out: archives of submissions become `submitted/<student>/<exercise>/<file>`."""
