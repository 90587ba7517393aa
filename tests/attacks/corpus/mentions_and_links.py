# tries: notify everybody, close an issue and load a picture, from a report in Markdown
# keeps: gates.and
and_gate = right_and_gate


def or_gate():
    raise ValueError("@everyone fixes #1 ![x](https://example.org/x.png) [x](https://example.org) https://example.org")


def lecture_formula(x):
    print("```\n# Full marks\n@everyone")
    raise ValueError("=HYPERLINK(1)\n| 20 | 20 |\n|---|---|")
