"""What each operation means, in one line; after a bar, the derivative that was chosen where there is none; examples.

====================  ===============================================================================================
abs                   The absolute value, or the modulus of a complex number. | 0 at 0
acos                  The inverse cosine, from 0 to pi. | infinite at -1 and 1
acosh                 The inverse hyperbolic cosine. | infinite at 1
add                   The sum of two arrays.
all                   Whether every element along the axes is true (not zero).
any                   Whether some element along the axes is true (not zero).
argmax                The index of the first largest element.
argmin                The index of the first smallest element.
argsort               The indices that sort along an axis.
asin                  The inverse sine, from -pi/2 to pi/2. | infinite at -1 and 1
asinh                 The inverse hyperbolic sine.
astype                The same values in another dtype. | goes through between floating dtypes only
atan                  The inverse tangent, from -pi/2 to pi/2.
atan2                 The angle of the point (x2, x1), from -pi to pi. | NaN at the origin
atanh                 The inverse hyperbolic tangent. | infinite at -1 and 1
bitwise_and           The bits that both have.
bitwise_invert        The bits it does not have.
bitwise_left_shift    The bits of x1, moved x2 places up.
bitwise_or            The bits that one of them has.
bitwise_right_shift   The bits of x1, moved x2 places down.
bitwise_xor           The bits that exactly one of them has.
broadcast_to          The array repeated to a larger shape.
cbrt                  The real cube root. | infinite at 0
ceil                  The smallest integer not below x.
clip                  The elements, moved to the nearer bound where they lie outside. | on a bound it belongs to x
concat                The arrays joined along an axis they have (None: flattened first).
conj                  The complex conjugate.
copysign              The size of x1 with the sign of x2. | 0 by x2, and 0 where x1 is 0
cos                   The cosine, in radians.
cosh                  The hyperbolic cosine.
count_nonzero         How many elements are not zero.
cumulative_max        The largest of the first 1, 2, … elements along an axis. | to the last that is equal to it
cumulative_min        The smallest of the first 1, 2, … elements along an axis. | to the last that is equal to it
cumulative_prod       The products of the first 1, 2, … elements along an axis. | exact where elements are 0
cumulative_sum        The sums of the first 1, 2, … elements along an axis.
diff                  The n-th difference of neighbours along an axis.
divide                The quotient.
equal                 Whether elements are equal.
erf                   The error function, (2 / sqrt(pi)) times the integral of exp(-t^2) from 0 to x.
erfc                  1 - erf(x), accurate where it is small.
exp                   The exponential.
exp2                  2 to the power x.
expand_dims           A new axis of length one.
expm1                 exp(x) - 1, exact near 0.
fft.fft               The discrete Fourier transform along an axis, cut off or filled up to n elements.
fft.fftn              The discrete Fourier transform along several axes (None: the last len(s), or all).
fft.hfft              The real spectrum of n elements (default 2 (m - 1)) of a Hermitian signal, given by half.
fft.ifft              The inverse of fft, along an axis.
fft.ifftn             The inverse of fftn, along several axes.
fft.ihfft             The inverse of hfft: half of the Hermitian signal that has a real spectrum.
fft.irfft             The real array of n elements (default 2 (m - 1)) that has half a spectrum.
fft.irfftn            The real array that has half a spectrum along several axes; inverse of rfftn.
fft.rfft              The first n // 2 + 1 elements of the spectrum of a real array along an axis.
fft.rfftn             The spectrum of a real array along several axes; its first half along the last of them.
flip                  The elements in reverse order along the axes (None: all).
floor                 The largest integer not above x.
floor_divide          The quotient, rounded down.
gammaln               The logarithm of the absolute value of the gamma function. | NaN at negative integers
greater               Whether x1 > x2.
greater_equal         Whether x1 >= x2.
hypot                 The length of the vector (x1, x2), without overflow. | 0 at the origin
imag                  The imaginary part.
isfinite              Whether neither infinite nor NaN.
isin                  Whether each element of x1 occurs in x2.
isinf                 Whether infinite.
isnan                 Whether not a number.
less                  Whether x1 < x2.
less_equal            Whether x1 <= x2.
linalg.cholesky       The triangular L with x = L Lᴴ (upper: x = Uᴴ U). | of the Hermitian part of x
linalg.cross          The vector product along an axis of three.
linalg.det            The determinants of square matrices. | to first order right for singular ones
linalg.diagonal       The diagonals of matrices.
linalg.eig            Eigenvalues and eigenvectors, complex. | nothing between equal eigenvalues
linalg.eigh           Ascending eigenvalues and eigenvectors of Hermitian matrices. | nothing between equal eigenvalues
linalg.eigvals        Eigenvalues, complex.
linalg.eigvalsh       Eigenvalues of Hermitian matrices, ascending.
linalg.inv            The inverses of square matrices.
linalg.matrix_rank    How many singular values are not negligible.
linalg.outer          Every product of two vectors' elements.
linalg.pinv           The Moore-Penrose inverse. | for constant rank
linalg.qr             Orthonormal Q and triangular R with x = Q R. | for full rank
linalg.slogdet        The sign and the logarithm of the absolute value of determinants. | 0 by a real sign
linalg.solve          The solution of x1 y = x2; a one-dimensional x2 is a vector.
linalg.svd            U, the singular values and Vᴴ. | nothing between equal singular values
linalg.svdvals        The singular values, descending.
linalg.vector_norm    The norm of vectors along the axes. | 0 by zero elements; equal largest ones share it
log                   The natural logarithm. | infinite at 0
log10                 The logarithm to base 10. | infinite at 0
log1p                 log(1 + x), exact near 0.
log2                  The logarithm to base 2. | infinite at 0
log_softmax           The logarithm of the softmax along an axis, without overflow.
logaddexp             log(exp(x1) + exp(x2)), without overflow. | 0 by what is minus infinity
logical_and           Whether both are true.
logical_not           Whether false.
logical_or            Whether one of them is true.
logical_xor           Whether exactly one of them is true.
logsumexp             log(sum(exp(x))) over the axes, without overflow. | 0 by what is minus infinity
matmul                The matrix product over the last two axes; vectors lose the axis they contract.
matrix_transpose      The last two axes exchanged.
max                   The largest element along the axes. | equal largest elements share it
maximum               The larger of two. | half each where they are equal
mean                  The arithmetic mean over the axes.
min                   The smallest element along the axes. | equal smallest elements share it
minimum               The smaller of two. | half each where they are equal
moveaxis              Axes moved to new places, the others in their order.
multiply              The product, element by element.
nanmax                The largest element that is not NaN, NaN where all are. | equal largest ones share it, 0 by NaN
nanmin                The smallest element that is not NaN, NaN where all are. | equal smallest ones share it, 0 by NaN
negative              The opposite.
nextafter             The next floating number after x1 in the direction of x2.
not_equal             Whether elements differ.
permute_dims          The axes in another order.
positive              The array, unchanged.
pow                   x1 to the power x2. | by x2, 0 where x1 is 0
prod                  The product over the axes. | exact where elements are 0
put_along_axis        A new array: x with values at indices along an axis; the last of duplicates stays.
real                  The real part.
reciprocal            1 / x.
relu                  The positive part, max(x, 0). | 0 at 0
remainder             What floor_divide leaves, with the sign of x2. | by x1, 1 also at its jumps
repeat                Each element several times (PyTorch: repeat_interleave).
reshape               The same elements in another shape; one size may be -1.
roll                  The elements moved round along the axes.
round                 The nearest integer, halves to the even one.
scatter_add           x with values added at indices along an axis; duplicates add up.
searchsorted          Where the elements of x2 would have to be inserted into the sorted x1.
sigmoid               1 / (1 + exp(-x)), without overflow.
sign                  -1, 0 or 1; for complex numbers x / abs(x). | 0 for real numbers, and at 0
signbit               Whether the sign bit is set.
sin                   The sine, in radians.
sinc                  sin(pi x) / (pi x), and 1 at 0.
sinh                  The hyperbolic sine.
softmax               exp(x) / sum(exp(x)) along an axis, without overflow.
softplus              log(1 + exp(x)), without overflow.
sort                  The elements in order along an axis. | a tie goes where the sorting put it
sqrt                  The square root. | infinite at 0
square                x * x.
squeeze               Without the given axes of length one.
stack                 The arrays joined along a new axis.
std                   The standard deviation; divides by n - correction. | 0 where all elements are equal
subtract              The difference.
sum                   The sum over the axes.
take                  The elements at indices along an axis; duplicates are allowed.
take_along_axis       The elements at an array of indices of the same rank.
tan                   The tangent, in radians.
tanh                  The hyperbolic tangent.
tensordot             The sum of products over the last axes of x1 and the first of x2, or over pairs of axes.
tile                  The whole array several times along each axis.
tril                  The lower triangle of the last two axes, zeros above the k-th diagonal.
triu                  The upper triangle of the last two axes, zeros below the k-th diagonal.
trunc                 The integer part.
var                   The variance; divides by n - correction.
vecdot                The sum of conj(x1) * x2 along an axis.
where                 Elements of x1 where the condition holds, else of x2; the other's NaN goes nowhere.
====================  ===============================================================================================

>>> import xpgrad as xp
>>> x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])

>>> xp.sum(x, axis=0)
tensor([4., 6.])

>>> xp.mean(x, axis=1, keepdims=True)
tensor([[1.5],
        [3.5]])

>>> xp.max(x, axis=1)
tensor([2., 4.])

>>> xp.min(x)
tensor(1.)

>>> xp.var(x, correction=1.0)
tensor(1.66666667)

>>> xp.std(x, axis=0)
tensor([1., 1.])

>>> xp.prod(x)
tensor(24.)

>>> xp.where(x > 2, x, 0.0)
tensor([[0., 0.],
        [3., 4.]])

>>> xp.take(x, xp.asarray([1, 1, 0]), axis=1)
tensor([[2., 2., 1.],
        [4., 4., 3.]])

>>> xp.take_along_axis(x, xp.argmax(x, axis=1, keepdims=True), axis=1)
tensor([[2.],
        [4.]])

>>> xp.scatter_add(xp.zeros(3), xp.asarray([0, 0, 2]), xp.asarray([1.0, 2.0, 4.0]))
tensor([3., 0., 4.])

>>> xp.put_along_axis(x, xp.asarray([[1], [0]]), 0.0, axis=1)
tensor([[1., 0.],
        [0., 4.]])

>>> xp.cumulative_max(xp.asarray([1.0, 3.0, 2.0]))
tensor([1., 3., 3.])

>>> xp.cumulative_min(xp.asarray([3.0, 1.0, 2.0]))
tensor([3., 1., 1.])

>>> xp.nanmax(xp.asarray([1.0, xp.nan]))
tensor(1.)

>>> xp.nanmin(xp.asarray([1.0, xp.nan]))
tensor(1.)

>>> xp.sinc(xp.asarray([0.0, 0.5]))
tensor([1.        , 0.63661977])

>>> xp.exp2(xp.asarray([3.0, -1.0]))
tensor([8. , 0.5])

>>> xp.cbrt(xp.asarray([-8.0, 27.0]))
tensor([-2.,  3.])

>>> xp.matmul(x, xp.asarray([1.0, 1.0]))
tensor([3., 7.])

>>> xp.tensordot(x, x, axes=2)
tensor(30.)

>>> xp.reshape(x, (4, -1)).shape
(4, 1)

>>> xp.permute_dims(x, (1, 0))
tensor([[1., 3.],
        [2., 4.]])

>>> xp.concat([x, x], axis=1).shape
(2, 4)

>>> xp.stack([x, x]).shape
(2, 2, 2)

>>> xp.broadcast_to(xp.asarray([1.0, 2.0]), (2, 2))
tensor([[1., 2.],
        [1., 2.]])

>>> xp.astype(x, xp.float32).dtype
xpgrad.float32

>>> xp.clip(x, 2.0, 3.0)
tensor([[2., 2.],
        [3., 3.]])

>>> xp.sort(x, axis=1, descending=True)
tensor([[2., 1.],
        [4., 3.]])

>>> xp.cumulative_sum(x, axis=1)
tensor([[1., 3.],
        [3., 7.]])

>>> xp.maximum(x, 2.5)
tensor([[2.5, 2.5],
        [3. , 4. ]])

>>> xp.exp(xp.asarray([0.0, 1.0]))
tensor([1.        , 2.71828183])

>>> xp.softmax(xp.asarray([0.0, 0.0]))
tensor([0.5, 0.5])

>>> xp.logsumexp(xp.asarray([1000.0, 1000.0]))
tensor(1000.69314718)

>>> xp.add(xp.asarray([1, 2]), 0.5)
tensor([1.5, 2.5])

>>> xp.argmax(x, axis=1)
tensor([1, 1])
"""

from __future__ import annotations

from typing import Final

__all__ = ["CHOSEN", "EXAMPLES", "MEANINGS"]

MEANINGS: Final[dict[str, str]] = {}
CHOSEN: Final[dict[str, str]] = {}
EXAMPLES: Final[dict[str, str]] = {}


def _read(table: str, examples: str) -> None:
    for row in table.splitlines():
        name, _, text = row.partition(" ")
        MEANINGS[name], _, chosen = text.strip().partition(" | ")
        if chosen:
            CHOSEN[name] = chosen
    setting, *shown = examples.strip().split("\n\n")
    for example in shown:
        name = example.partition("(")[0].removeprefix(">>> xp.")
        EXAMPLES[name] = f"{setting}\n{example}"


if __doc__:  # python -OO strips it
    _read(*(part.strip("= \n") for part in __doc__.split("====\n")[1:]))
