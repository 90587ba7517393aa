"""Parse a formula in A and B that a student typed. Only whitelisted syntax is accepted, and no code in it is run."""

import ast
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import sympy

A, B = sympy.symbols("A B", positive=True)

LONGEST = 500
DEEPEST = 60
HIGHEST_POWER = 64
Real = Any
"""A number of mpmath, which has no type annotations."""
DIGITS = 1200
"""More digits than two numbers of `LONGEST` characters can lose by cancellation."""


class Unreadable(ValueError):
    """The text is not a formula of the required kind; the message explains why in one sentence."""


def read(text: str) -> sympy.Expr:
    """Parse `text` into an expression: A, B, numbers, + − * / ** and parentheses are allowed."""
    if len(text) > LONGEST:
        raise Unreadable(f"it has {len(text)} characters; {LONGEST} are the most that is read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if "=" in text:
            raise Unreadable("it holds an equals sign; give the right-hand side alone") from None
        raise Unreadable("it is no formula in Python's notation") from None
    return _expression(tree.body, depth=0)


def same(formula: sympy.Expr, wanted: sympy.Expr, points: Sequence[tuple[Fraction, Fraction]]) -> bool:
    """Whether both have the same value, to 25 digits, at each of the `points` (A, B). Draw these after the answer."""
    return all(_differ_by(formula, wanted, a, b) < mpmath.mpf("1e-25") for a, b in points)


def value(formula: sympy.Expr, a: Fraction | float, b: Fraction | float) -> float:
    """The formula's value at A = a, B = b; NaN where it is undefined."""
    return float(_at(formula, Fraction(a), Fraction(b)))


def _differ_by(formula: sympy.Expr, wanted: sympy.Expr, a: Fraction, b: Fraction) -> Real:
    one, other = _at(formula, a, b), _at(wanted, a, b)
    return abs(one - other) if mpmath.isfinite(one) else mpmath.inf


def _at(formula: sympy.Expr, a: Fraction, b: Fraction) -> Real:
    """Our own evaluation: the time of SymPy's `evalf` doubles with each factor of an unevaluated product."""
    with mpmath.workdps(DIGITS):
        point = {A: mpmath.mpf(a.numerator) / a.denominator, B: mpmath.mpf(b.numerator) / b.denominator}
        try:
            return _number_of(formula, point)
        except (ZeroDivisionError, ValueError):
            return mpmath.nan


def _number_of(formula: sympy.Basic, point: Mapping[sympy.Basic, Real]) -> Real:
    """Raises `ZeroDivisionError` or `ValueError` where the value is not a real number."""
    if formula in point:
        return point[formula]
    if isinstance(formula, sympy.Rational):
        return mpmath.mpf(formula.p) / formula.q
    numbers = [_number_of(part, point) for part in formula.args]
    if isinstance(formula, sympy.Add):
        return mpmath.fsum(numbers)
    if isinstance(formula, sympy.Mul):
        return mpmath.fprod(numbers)
    base, exponent = numbers
    found = mpmath.power(base, exponent)
    if not isinstance(found, mpmath.mpf):
        raise ValueError("an even root of a negative number")
    return found


def _expression(node: ast.expr, depth: int) -> sympy.Expr:
    if depth > DEEPEST:
        raise Unreadable(f"its brackets and operations go more than {DEEPEST} levels deep")
    match node:
        case ast.Name(id="A"):
            return A
        case ast.Name(id="B"):
            return B
        case ast.Name(id=name):
            raise Unreadable(f"it holds the name {name[:20]}; only A and B, in upper case, are known")
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _number(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return sympy.Mul(-1, _expression(operand, depth + 1), evaluate=False)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _expression(operand, depth + 1)
        case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
            return sympy.Pow(_expression(base, depth + 1), _exponent(exponent), evaluate=False)
        case ast.BinOp(left=left, op=operation, right=right):
            return _operation(operation, _expression(left, depth + 1), _expression(right, depth + 1))
        case _:
            raise Unreadable("it holds something other than A, B, numbers, + - * / ** and brackets")


def _operation(operation: ast.operator, left: sympy.Expr, right: sympy.Expr) -> sympy.Expr:
    # Unevaluated, so that a number such as ((9**64)**64)**64 is never computed.
    match operation:
        case ast.Add():
            return sympy.Add(left, right, evaluate=False)
        case ast.Sub():
            return sympy.Add(left, sympy.Mul(-1, right, evaluate=False), evaluate=False)
        case ast.Mult():
            return sympy.Mul(left, right, evaluate=False)
        case ast.Div():
            return sympy.Mul(left, sympy.Pow(right, -1, evaluate=False), evaluate=False)
        case ast.BitXor():
            raise Unreadable("it holds ^; a power is written **")
        case _:
            raise Unreadable("it holds an operation other than + - * / **")


def _number(number: int | float) -> sympy.Expr:
    if isinstance(number, float) and not abs(number) < float("inf"):
        raise Unreadable("it holds a number too large to read")
    # 0.1 means one tenth, not the nearest binary fraction.
    exact = Fraction(repr(number))
    return sympy.Rational(exact.numerator, exact.denominator)


def _exponent(node: ast.expr) -> sympy.Rational:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            exponent = _number(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            exponent = -_exponent(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            exponent = _exponent(operand)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            above, below = _exponent(left), _exponent(right)
            if below == 0:
                raise Unreadable("it divides by zero")
            exponent = above / below
        case _:
            raise Unreadable("it holds an exponent that is no number")
    if abs(exponent) > HIGHEST_POWER:
        raise Unreadable(f"it holds an exponent beyond {HIGHEST_POWER}")
    return exponent
