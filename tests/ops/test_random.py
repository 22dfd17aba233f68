from __future__ import annotations

import copy
import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import edgewise as ew
from edgewise.ops.random import default_generator

COUNT = 200_000
# Means of so many numbers lie within five standard errors, but for one seed in millions; the seed is fixed.
NEAR = 5 / math.sqrt(COUNT)


@pytest.fixture
def generator():
    return ew.Generator(0)


@pytest.fixture(autouse=True)
def same_default():
    state = ew.get_rng_state()
    yield
    ew.set_rng_state(state)


def test_rand_is_even_on_zero_to_one(generator):
    x = ew.rand(COUNT, generator=generator, dtype="float64").numpy()
    assert x.min() >= 0
    assert x.max() < 1
    assert abs(x.mean() - 1 / 2) < NEAR * math.sqrt(1 / 12)
    assert abs(x.var() - 1 / 12) < NEAR * math.sqrt(1 / 180)
    counts = np.histogram(x, 10, (0, 1))[0]
    assert abs(counts / COUNT - 0.1).max() < NEAR * 0.3


def test_randn_is_normal(generator):
    x = ew.randn(COUNT, generator=generator, dtype="float64").numpy()
    assert abs(x.mean()) < NEAR
    assert abs(x.var() - 1) < NEAR * math.sqrt(2)
    assert abs((x**3).mean()) < NEAR * math.sqrt(15)
    assert abs((x**4).mean() - 3) < NEAR * math.sqrt(96)


def test_randint_is_even_on_its_range(generator):
    x = ew.randint(-2, 3, (COUNT,), generator=generator)
    assert x.dtype == ew.int64
    values, counts = np.unique(x.numpy(), return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2]
    assert abs(counts / COUNT - 0.2).max() < NEAR * 0.4
    assert ew.randint(5, (3, 2), generator=generator, dtype="int8").dtype == ew.int8
    assert ew.randint(5, (3, 2)).shape == (3, 2)


def test_normal_has_the_means_and_deviations_asked_for(generator):
    mean, std = ew.tensor([0.0, 10.0]), ew.tensor([1.0, 3.0])
    x = ew.normal(mean.broadcast_to((COUNT, 2)), std, generator=generator).numpy()
    np.testing.assert_allclose(x.mean(0), [0, 10], atol=3 * NEAR)
    np.testing.assert_allclose(x.std(0), [1, 3], atol=3 * NEAR)
    assert ew.normal(2.0, 0.5, (3, 4), generator=generator).shape == (3, 4)


def test_bernoulli_draws_ones_with_each_probability(generator):
    p = ew.tensor([0.0, 0.25, 1.0])
    x = ew.bernoulli(p.broadcast_to((COUNT, 3)), generator=generator)
    assert x.dtype == ew.float32
    np.testing.assert_allclose(x.numpy().mean(0), [0, 0.25, 1], atol=NEAR)


def test_multinomial_draws_in_proportion(generator):
    x = ew.multinomial(ew.tensor([[1.0, 0.0, 3.0], [2.0, 2.0, 0.0]]), COUNT, True, generator=generator).numpy()
    assert x.shape == (2, COUNT)
    np.testing.assert_allclose(np.bincount(x[0], minlength=3) / COUNT, [0.25, 0, 0.75], atol=NEAR)
    np.testing.assert_allclose(np.bincount(x[1], minlength=3) / COUNT, [0.5, 0.5, 0], atol=NEAR)
    apart = ew.multinomial(ew.tensor([1.0, 2.0, 3.0]), 3, generator=generator)
    assert sorted(apart.tolist()) == [0, 1, 2]


def test_randperm_is_a_permutation_and_each_is_as_likely(generator):
    seen = [tuple(ew.randperm(3, generator=generator).tolist()) for _ in range(6000)]
    counts = [seen.count(each) for each in sorted(set(seen))]
    assert len(counts) == 6
    assert max(abs(count - 1000) for count in counts) < 5 * math.sqrt(6000 * 5 / 36)
    assert ew.randperm(0).shape == (0,)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_rounding_does_not_reach_the_upper_bound(dtype, generator):
    assert ew.rand(COUNT, dtype=dtype, generator=generator).numpy().max() < 1
    high = np.nextafter(np.dtype(dtype).type(1), np.dtype(dtype).type(2))
    assert (ew.empty(COUNT, dtype=dtype).uniform_(1, float(high), generator=generator) == 1).all()
    assert (ew.empty(3, dtype=dtype).uniform_(2, 2, generator=generator) == 2).all()


def test_the_largest_integers_can_be_drawn(generator):
    for dtype in ("uint8", "int8", "int64", "uint64"):
        limits = np.iinfo(dtype)
        x = ew.randint(int(limits.max) - 1, int(limits.max) + 1, (50,), dtype=dtype, generator=generator)
        assert sorted(set(x.tolist())) == [limits.max - 1, limits.max]
    assert ew.multinomial(ew.ones(0, 3), 2, generator=generator).shape == (0, 2)


def test_in_place_draws(generator):
    x = ew.empty(COUNT)
    assert abs(x.uniform_(2, 4, generator=generator).mean().item() - 3) < NEAR
    assert abs(x.normal_(1, 2, generator=generator).std().item() - 2) < 2 * NEAR
    assert abs(x.bernoulli_(0.3, generator=generator).mean().item() - 0.3) < NEAR


DRAWS = {
    "rand": lambda g: ew.rand(3, generator=g),
    "randn": lambda g: ew.randn(3, generator=g),
    "half": lambda g: ew.randn(3, generator=g, dtype="float16"),
    "randint": lambda g: ew.randint(1000, (3,), generator=g),
    "randperm": lambda g: ew.randperm(20, generator=g),
    "normal": lambda g: ew.normal(0.0, 1.0, (3,), generator=g),
    "bernoulli": lambda g: ew.bernoulli(ew.full((40,), 0.5), generator=g),
    "multinomial": lambda g: ew.multinomial(ew.ones(50), 9, generator=g),
    "rand_like": lambda g: ew.rand_like(ew.ones(3), generator=g),
    "randn_like": lambda g: ew.randn_like(ew.ones(3, dtype="float64"), generator=g),
    "randint_like": lambda g: ew.randint_like(ew.ones(3, dtype="int32"), 1000, generator=g),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_a_seed_or_a_state_repeats_the_numbers(draw, generator):
    first = draw(generator)
    assert not ew.equal(first, draw(generator))
    assert ew.equal(first, draw(ew.Generator(0)))
    assert not ew.equal(first, draw(ew.Generator(1)))
    state = json.loads(json.dumps(generator.get_state()))
    after = draw(generator)
    assert ew.equal(after, draw(ew.Generator(5).set_state(state)))
    assert ew.equal(after, draw(generator.set_state(state)))
    ew.manual_seed(0)
    assert ew.equal(first, draw(None))


def test_like_takes_shape_and_dtype():
    assert ew.randn_like(ew.ones(2, 3, dtype="float64")).dtype == ew.float64
    assert ew.randint_like(ew.ones(2, dtype="int32"), 2, 5).dtype == ew.int32
    assert ew.rand(2, 3, requires_grad=True).requires_grad


@pytest.mark.parametrize(
    "draw",
    [ew.rand_like, ew.randn_like, lambda x, **how: ew.randint_like(x, 0, 9, **how)],
    ids=["rand", "randn", "int"],
)
def test_like_takes_another_dtype_where_one_is_given(draw):
    x = ew.ones(2, 3)
    assert draw(x).dtype == ew.float32
    assert draw(x, dtype="float64").dtype == ew.float64
    assert draw(x, dtype="float64").shape == (2, 3)


def test_seeds_of_any_size_and_sign():
    for seed in (0, -1, 2**63, 2**200, np.int64(7)):
        assert ew.equal(ew.rand(2, generator=ew.Generator(seed)), ew.rand(2, generator=ew.Generator(seed)))
    assert not ew.equal(ew.rand(2, generator=ew.Generator(-1)), ew.rand(2, generator=ew.Generator(1)))
    assert ew.Generator(7).initial_seed() == 7
    assert repr(ew.Generator(7)) == "Generator(seed=7)"


def test_generators_without_a_seed_differ_and_return_their_seed():
    a, b = ew.Generator(), ew.Generator()
    assert not ew.equal(ew.rand(4, generator=a), ew.rand(4, generator=b))
    seed = a.seed()
    assert a.initial_seed() == seed
    assert ew.equal(ew.rand(4, generator=a), ew.rand(4, generator=ew.Generator(seed)))
    assert ew.seed() == ew.initial_seed()
    assert ew.manual_seed(3) is default_generator


def test_a_copy_goes_its_own_way(generator):
    ew.rand(3, generator=generator)
    twin = copy.deepcopy(generator)
    first = ew.rand(3, generator=twin)
    assert ew.equal(first, ew.rand(3, generator=generator))


@pytest.mark.parametrize(
    "spoil", [lambda s: s.pop("inc"), lambda s: s.update(state=-1), lambda s: s.update(state=None)]
)
def test_what_is_no_state_leaves_the_generator_where_it_was(spoil, generator):
    before = generator.get_state()
    state = ew.Generator(9).get_state()
    spoil(state)
    with pytest.raises(ValueError, match="not the state of a Generator"):
        generator.set_state(state)
    assert generator.get_state() == before


def test_threads_that_share_a_generator_draw_each_number_once():
    shared = ew.Generator(0)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: ew.rand(50, generator=shared, dtype="float64").tolist(), range(80)))
    drawn = sorted(number for part in parts for number in part)
    assert drawn == sorted(ew.rand(4000, generator=ew.Generator(0), dtype="float64").tolist())


def test_threads_with_their_own_generators_repeat():
    def draw(seed):
        own = ew.Generator(seed)
        return [ew.randn(20, generator=own).tolist() for _ in range(20)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, range(8))) == [draw(seed) for seed in range(8)]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: ew.rand(2, dtype="int64"), ew.DTypeError, "rand draws floating-point numbers, not int64"),
        (lambda: ew.randn(2.5), TypeError, "randn"),
        (lambda: ew.randint(3, 3, (2,)), ew.ArgumentError, "randint: there is no integer from 3 up to but without 3"),
        (lambda: ew.randint(3), TypeError, r"randint takes \(high, size\) or \(low, high, size\)"),
        (lambda: ew.normal(0.0, -1.0, (2,)), ew.ArgumentError, "normal: a standard deviation must be 0 or more"),
        (lambda: ew.bernoulli(ew.tensor([1.5])), ew.ArgumentError, "bernoulli: probabilities lie between 0 and 1"),
        (
            lambda: ew.bernoulli(ew.tensor([float("nan")])),
            ew.ArgumentError,
            "bernoulli: probabilities lie between 0 and 1",
        ),
        (
            lambda: ew.multinomial(ew.tensor([1.0, 0.0]), 2),
            ew.ArgumentError,
            "2 different indices can't be drawn from 1",
        ),
        (lambda: ew.multinomial(ew.tensor([-1.0, 2.0]), 1), ew.ArgumentError, "must be finite, not negative"),
        (lambda: ew.multinomial(ew.zeros(2), 1), ew.ArgumentError, "not all 0"),
        (lambda: ew.multinomial(ew.ones(2, 2, 2), 1), ew.ShapeError, r"must have shape \(n,\) or \(rows, n\)"),
        (lambda: ew.multinomial(ew.ones(0), 1, True), ew.ShapeError, r"must have shape .*, n > 0, not \(0,\)"),
        (lambda: ew.multinomial(ew.ones(3), -1), ew.ShapeError, "multinomial: sizes must be 0 or more"),
        (lambda: ew.rand(2, -1), ew.ShapeError, r"rand: sizes must be 0 or more, not \(2, -1\)"),
        (lambda: ew.randperm(-1), ew.ShapeError, "randperm: sizes must be 0 or more"),
        (lambda: ew.randperm(200, dtype="int8"), ew.DTypeError, "int8 can't hold the integers from 0 to 199"),
        (lambda: ew.randint(0, 300, (2,), dtype="uint8"), ew.DTypeError, "uint8 can't hold the integers from 0 to 299"),
        (lambda: ew.randint(-1, 1, (2,), dtype=bool), ew.DTypeError, "bool can't hold the integers from -1 to 0"),
        (lambda: ew.randint(0, 2**64, (2,)), ew.DTypeError, "randint: int64 can't hold"),
        (lambda: ew.normal(ew.zeros(3), ew.ones(2)), ew.ShapeError, r"shapes \(3,\) and \(2,\)"),
        (lambda: ew.normal(ew.zeros(3), 1.0, (1,)), ew.ShapeError, r"of shape \(3,\) can't be broadcast to \(1,\)"),
        (lambda: ew.ones(2).uniform_(5, 1), ew.ArgumentError, "uniform: the bounds must be finite and low <= high"),
        (lambda: ew.ones(2).normal_(0, -1), ew.ArgumentError, "normal_: the standard deviation must be 0 or more"),
        (lambda: ew.ones(2).bernoulli_(2.0), ew.ArgumentError, "bernoulli_: the probability must lie between 0 and 1"),
    ],
)
def test_what_can_not_be_drawn_is_explained(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
