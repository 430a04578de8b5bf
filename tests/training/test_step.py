"""The step against hand-written arithmetic, and against the two classic mistakes."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.domains.images import to_model_range
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import layers_within
from gan_cli.models.layers.styles import Noise
from gan_cli.objectives import LOSSES
from gan_cli.training.inputs import GENERATOR_PENALTY, LATENTS, fold
from gan_cli.training.step import gradients_of
from gan_cli.training.step_losses import Batch

LATENT = 6


def sgd(learning_rate):
    optimizer = {"name": "sgd", "learning_rate": learning_rate}
    return {"generator_optimizer": optimizer, "discriminator_optimizer": optimizer}


def r1_penalty(gamma, every=1):
    return {"name": "r1", "gamma": gamma, "every": every}


def changed(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def is_trainable(model):
    trainable = {id(v) for v in model.trainable_variables}
    return [id(v) in trainable for v in model.variables]


def latents_of_step(seed, step, batch=8, purposes=(LATENTS,)):
    return tf.random.stateless_normal(
        [batch, LATENT], fold(tf.constant([seed, 0]), tf.constant(step, tf.int64), *purposes)
    )


class TestClassicMistakes:
    """What the snippet that is passed around does, beside what the step does."""

    def test_forward_passes_outside_the_tape_give_no_gradient(self, small_gan, batch):
        state = small_gan().state
        fake = state.generator(latents_of_step(0, 0))
        logits = state.discriminator(fake)
        with tf.GradientTape() as discriminator_tape, tf.GradientTape() as generator_tape:
            discriminator_loss = tf.reduce_mean(tf.math.softplus(logits))
            generator_loss = tf.reduce_mean(tf.math.softplus(-logits))
        for tape, loss, model in (
            (discriminator_tape, discriminator_loss, state.discriminator),
            (generator_tape, generator_loss, state.generator),
        ):
            gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
            assert gradients == [None] * len(gradients)

    def test_images_made_outside_the_tape_leave_the_generator_without_gradient(self, small_gan):
        state = small_gan().state
        fake = state.generator(latents_of_step(0, 0))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.math.softplus(-state.discriminator(fake)))
        gradients = tape.gradient(loss, [v.value for v in state.generator.trainable_variables])
        assert gradients == [None] * len(gradients)

    def test_the_logarithm_of_raw_logits_is_not_a_number(self, small_gan, batch):
        state = small_gan().state
        with tf.GradientTape() as tape:
            logits = state.discriminator(to_model_range(batch[0]))
            shifted = logits - tf.reduce_max(logits) - 1.0  # as soon as D is unsure, logits are < 0
            loss = -tf.reduce_mean(tf.math.log(shifted))
        assert np.isnan(loss)
        variables = [v.value for v in state.discriminator.trainable_variables]
        finite = [
            np.isfinite(tf.convert_to_tensor(g)).all() for g in tape.gradient(loss, variables)
        ]
        # The gradient of log(x) at x < 0 is finite but points the wrong way: the loss is blind.
        assert all(finite) or not any(finite)

    @pytest.mark.parametrize(
        ("architecture", "loss"),
        [
            *((architecture, "non_saturating") for architecture in ARCHITECTURES.names),
            *(("conv", loss) for loss in LOSSES.names if loss != "non_saturating"),
        ],
    )
    def test_our_step_moves_every_trainable_weight(self, small_gan, snapshot, architecture, loss):
        # Growing through all of its stages in three steps, as far as any weight is ever used.
        growing = architecture == "progan"
        options = {"stable_kimg": 0.0, "fade_kimg": 0.01} if growing else {}
        gan = small_gan(
            model={"architecture": architecture, "options": options}, objective={"loss": loss}
        )
        before = [snapshot(m) for m in (gan.state.generator, gan.state.discriminator)]
        report = None
        for _ in range(3 if growing else 2):
            report = gan.step(*gan.batch)
        assert all(np.isfinite(value) for value in report.values())
        for model, old in zip((gan.state.generator, gan.state.discriminator), before, strict=True):
            moved = changed(old, snapshot(model))
            names = [v.path for v in model.variables]
            still = [n for n, m, t in zip(names, moved, is_trainable(model), strict=True) if t > m]
            # A loss of differences, or with all logits within the hinge, is blind to D's last bias.
            blind = loss in ("relativistic", "wasserstein", "hinge")
            last_bias = model.trainable_variables[-1].path
            assert still in ([], [last_bias] if blind and model is gan.state.discriminator else [])


class TestWhoLearns:
    @pytest.mark.parametrize("architecture", ARCHITECTURES.names)
    def test_a_discriminator_update_leaves_the_generator_bit_identical(
        self, small_gan, snapshot, architecture
    ):
        gan = small_gan(
            model={"architecture": architecture}, objective={"penalties": [r1_penalty(1.0)]}
        )
        before = snapshot(gan.state.generator), snapshot(gan.state.discriminator)
        real = gan.step.losses.to_model(gan.batch[0])
        gan.step.update_discriminator(Batch(real, -real, None, None, tf.constant([1, 2])))
        assert not any(changed(before[0], snapshot(gan.state.generator)))
        moved = changed(before[1], snapshot(gan.state.discriminator))
        trainable = is_trainable(gan.state.discriminator)
        moved = [m for m, t in zip(moved, trainable, strict=True) if t]
        # What reads the image at resolutions that are not shown now does not learn.
        assert any(moved) if architecture == "progan" else all(moved)

    @pytest.mark.parametrize("architecture", ARCHITECTURES.names)
    def test_a_generator_update_leaves_the_discriminator_bit_identical(
        self, small_gan, snapshot, architecture
    ):
        gan = small_gan(model={"architecture": architecture}, objective={"loss": "relativistic"})
        before = snapshot(gan.state.generator), snapshot(gan.state.discriminator)
        real = gan.step.losses.to_model(gan.batch[0])
        with tf.GradientTape() as tape:
            fake = gan.state.generator(latents_of_step(0, 0), training=True)
            loss, _ = gan.step.losses.generator(Batch(real, fake, None, None, tf.constant([1, 2])))
        gan.step.move_generator(gradients_of(tape, loss, gan.state.generator))
        assert not any(changed(before[1], snapshot(gan.state.discriminator)))
        moved = changed(before[0], snapshot(gan.state.generator))
        moved = [m for m, t in zip(moved, is_trainable(gan.state.generator), strict=True) if t]
        assert any(moved) if architecture == "progan" else all(moved)

    def test_extra_critic_updates_leave_the_generators_batch_statistics_alone(
        self, small_gan, batch, snapshot
    ):
        statistics = []
        for n_critic in (1, 3):
            gan = small_gan(objective={"n_critic": n_critic}, training=sgd(1.0))
            gan.step.learning_rates = (0.0, 0.0)
            gan.step(*(tf.repeat(part, n_critic, axis=0) for part in batch))
            statistics.append(snapshot(gan.state.generator))
        assert not any(changed(*statistics))


def test_one_step_equals_the_algorithm_written_out(small_gan, batch):
    """SGD, R1 and a conditional GAN, with the update rules spelled out tape by tape."""
    learning_rate, gamma, every = 0.1, 0.7, 4
    make = lambda: small_gan(  # noqa: E731
        model={"conditional": True},
        objective={"penalties": [r1_penalty(gamma, every)]},
        training=sgd(learning_rate),
    )
    gan, reference = make(), make().state
    report = gan.step(*batch)

    images, labels = batch
    real = tf.cast(images, tf.float32) / 127.5 - 1.0
    generator, discriminator = reference.generator, reference.discriminator
    fake = generator([latents_of_step(0, 0), labels], training=True)
    weights = [v.value for v in discriminator.trainable_variables]
    with tf.GradientTape() as tape:
        real_probability = tf.sigmoid(discriminator([real, labels]))
        fake_probability = tf.sigmoid(discriminator([fake, labels]))
        with tf.GradientTape() as inner:
            inner.watch(real)
            logits = discriminator([real, labels])
        gradient = inner.gradient(logits, real)
        adversarial = -tf.reduce_mean(
            tf.math.log(real_probability) + tf.math.log(1 - fake_probability)
        )
        r1 = every * gamma / 2 * tf.reduce_mean(tf.reduce_sum(gradient**2, axis=[1, 2, 3]))
        loss = adversarial + r1
    for weight, slope in zip(weights, tape.gradient(loss, weights), strict=True):
        weight.assign_sub(learning_rate * tf.convert_to_tensor(slope))
    weights = [v.value for v in generator.trainable_variables]
    with tf.GradientTape() as tape:
        fake = generator([latents_of_step(0, 0), labels], training=True)
        generator_loss = -tf.reduce_mean(tf.math.log(tf.sigmoid(discriminator([fake, labels]))))
    for weight, slope in zip(weights, tape.gradient(generator_loss, weights), strict=True):
        weight.assign_sub(learning_rate * tf.convert_to_tensor(slope))

    for model, expected in (
        (gan.state.generator, generator),
        (gan.state.discriminator, discriminator),
    ):
        for ours, theirs in zip(
            model.trainable_variables, expected.trainable_variables, strict=True
        ):
            np.testing.assert_allclose(ours, theirs, atol=2e-6, rtol=2e-5)
    np.testing.assert_allclose(report["discriminator_loss"], adversarial, rtol=1e-5)
    np.testing.assert_allclose(report["penalty/r1"], r1, rtol=1e-5)
    np.testing.assert_allclose(report["generator_loss"], generator_loss, rtol=1e-5)


@pytest.mark.parametrize("loss", ["relativistic", "non_saturating"])
def test_a_fresh_batch_gives_the_generator_latents_labels_and_reals_of_its_own(small_gan, loss):
    """Against both updates written out; reals only where the loss compares with them."""
    learning_rate, rng = 0.1, np.random.default_rng(3)
    make = lambda: small_gan(  # noqa: E731
        model={"conditional": True},
        objective={"loss": loss, "generator_batch": "fresh"},
        training=sgd(learning_rate),
    )
    gan, reference = make(), make().state
    count = 16 if loss == "relativistic" else 8
    assert (gan.step.reals_per_step, gan.step.images_per_step) == (count, 8)
    assert gan.step.reals_taken(5 * 8) == 5 * count
    images = tf.constant(rng.integers(0, 256, (count, 12, 12, 1)), tf.uint8)
    labels = tf.constant(rng.integers(0, 3, count), tf.int32)
    report = gan.step(images, labels)
    assert gan.state.images_shown.numpy() == 8

    # The generator's part comes first.
    real, given = to_model_range(images[-8:]), labels[-8:]
    own_real, own_labels = to_model_range(images[:8]), labels[:8]
    generator, discriminator = reference.generator, reference.discriminator
    latents = latents_of_step(0, 0, purposes=(GENERATOR_PENALTY + 1, LATENTS))

    def losses(real, fake, labels):
        """Of the discriminator and the generator."""
        generated = discriminator([fake, labels])
        if loss == "non_saturating":
            shown = discriminator([real, labels])
            return tf.nn.softplus(-shown) + tf.nn.softplus(generated), tf.nn.softplus(-generated)
        margin = discriminator([real, labels]) - generated
        return tf.nn.softplus(-margin), tf.nn.softplus(margin)

    fake = generator([latents, given], training=True)
    weights = [v.value for v in discriminator.trainable_variables]
    with tf.GradientTape() as tape:
        discriminator_loss = tf.reduce_mean(losses(real, fake, given)[0])
    for weight, slope in zip(weights, tape.gradient(discriminator_loss, weights), strict=True):
        weight.assign_sub(learning_rate * tf.convert_to_tensor(slope))
    weights = [v.value for v in generator.trainable_variables]
    with tf.GradientTape() as tape:
        fake = generator([latents_of_step(0, 0), own_labels], training=True)
        generator_loss = tf.reduce_mean(losses(own_real, fake, own_labels)[1])
    for weight, slope in zip(weights, tape.gradient(generator_loss, weights), strict=True):
        weight.assign_sub(learning_rate * tf.convert_to_tensor(slope))

    for name in ("generator", "discriminator"):
        found = getattr(gan.state, name).trainable_variables
        for ours, theirs in zip(found, getattr(reference, name).trainable_variables, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-6, rtol=2e-5)
    np.testing.assert_allclose(report["discriminator_loss"], discriminator_loss, rtol=1e-5)
    np.testing.assert_allclose(report["generator_loss"], generator_loss, rtol=1e-5)


@pytest.mark.parametrize("loss", ["relativistic", "non_saturating"])
def test_simultaneous_updates_take_both_gradients_before_either_moves(small_gan, batch, loss):
    learning_rate, gamma = 0.1, 0.7
    make = lambda updates: small_gan(  # noqa: E731
        model={"conditional": True},
        objective={"loss": loss, "penalties": [r1_penalty(gamma)], "updates": updates},
        training=sgd(learning_rate),
    )
    gan, reference = make("simultaneous"), make("alternating").state
    report = gan.step(*batch)

    real, labels = to_model_range(batch[0]), batch[1]
    generator, discriminator = reference.generator, reference.discriminator
    weights = [[v.value for v in m.trainable_variables] for m in (generator, discriminator)]
    with tf.GradientTape(persistent=True) as tape:
        fake = generator([latents_of_step(0, 0), labels], training=True)
        shown, generated = discriminator([real, labels]), discriminator([fake, labels])
        if loss == "relativistic":
            adversarial = tf.reduce_mean(tf.nn.softplus(generated - shown))
            generator_loss = tf.reduce_mean(tf.nn.softplus(shown - generated))
        else:
            adversarial = tf.reduce_mean(tf.nn.softplus(-shown) + tf.nn.softplus(generated))
            generator_loss = tf.reduce_mean(tf.nn.softplus(-generated))
        with tf.GradientTape() as inner:
            inner.watch(real)
            logits = discriminator([real, labels])
        slope = inner.gradient(logits, real)
        r1 = gamma / 2 * tf.reduce_mean(tf.reduce_sum(slope**2, axis=[1, 2, 3]))
        discriminator_loss = adversarial + r1
    losses = generator_loss, discriminator_loss
    slopes = [tape.gradient(of, its) for of, its in zip(losses, weights, strict=True)]
    for its, gradients in zip(weights, slopes, strict=True):
        for weight, gradient in zip(its, gradients, strict=True):
            weight.assign_sub(learning_rate * tf.convert_to_tensor(gradient))

    for name, expected in zip(("generator", "discriminator"), weights, strict=True):
        found = getattr(gan.state, name).trainable_variables
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-6, rtol=2e-5)
    np.testing.assert_allclose(report["discriminator_loss"], adversarial, rtol=1e-5)
    np.testing.assert_allclose(report["penalty/r1"], r1, rtol=1e-5)
    np.testing.assert_allclose(report["generator_loss"], generator_loss, rtol=1e-5)


def test_a_lazy_penalty_acts_in_every_nth_step_n_times_as_strong(small_gan, batch):
    gan = small_gan(objective={"penalties": [r1_penalty(0.5, every=3)]}, training=sgd(1.0))
    gan.step.learning_rates = (0.0, 0.0)
    lazy = [float(gan.step(*batch)["penalty/r1"]) for _ in range(6)]
    eager = small_gan(objective={"penalties": [r1_penalty(0.5)]}, training=sgd(1.0))
    value = float(eager.step(*batch)["penalty/r1"])
    np.testing.assert_allclose(lazy, [3 * value, 0, 0] * 2, rtol=1e-6)
    # It joins the loss in one update: Adam's constants need no correction for a second one.
    assert gan.state.discriminator_optimizer.iterations.numpy() == 6


def test_n_critic_counts_discriminator_updates(small_gan, batch):
    gan = small_gan(objective={"n_critic": 4})
    for _ in range(2):
        gan.step(*(tf.repeat(part, 4, axis=0) for part in batch))
    assert gan.state.discriminator_optimizer.iterations.numpy() == 8
    assert gan.state.generator_optimizer.iterations.numpy() == 2
    assert gan.state.step.numpy() == 2
    # Every update has real images of its own.
    assert gan.state.images_shown.numpy() == 2 * 4 * 8


@pytest.mark.parametrize("objective", [{"n_critic": 3}, {"generator_batch": "fresh"}])
def test_each_pass_of_the_generator_in_a_step_has_noise_of_its_own(small_gan, batch, objective):
    gan = small_gan(model={"architecture": "stylegan2"}, objective=objective)
    clocks, generator = [], gan.state.generator
    layers = [layer for layer in layers_within(generator) if isinstance(layer, Noise)]
    for layer in layers:
        pristine = layer.call

        def call(inputs, training=None, layer=layer, pristine=pristine):
            clocks.append(layer.seed().numpy().tolist())
            return pristine(inputs, training=training)

        layer.call = call
    copies = gan.step.reals_per_step // 8
    for _ in range(2):
        gan.step(*(tf.repeat(part, copies, axis=0) for part in batch))
    passes = objective.get("n_critic", 2)
    assert len(clocks) == 2 * passes * len(layers)
    assert len({tuple(clock) for clock in clocks}) == len(clocks)


def test_optimizers_restart_where_a_stage_begins(small_gan):
    """As in the authors' code of progressive growing: as a level begins to fade in, and at its end.

    The step's update from moments of 0 has the length of the learning rate, not ten times it.
    """
    gan = small_gan(
        model={
            "architecture": "progan",
            "options": {"stable_kimg": 0.016, "fade_kimg": 0.016},
        }
    )
    images, labels = tf.constant(gan.data.images[:8]), tf.constant(gan.data.labels[:8])
    steps = []
    for _ in range(9):
        gan.step(images, labels)
        steps.append(int(gan.state.discriminator_optimizer.iterations.numpy()))
        assert steps[-1] == gan.state.generator_optimizer.iterations.numpy()
    # Fades begin after 16 and 48 images, with the next step, and end with 32 and 64.
    assert steps == [1, 2, 3, 1, 1, 2, 3, 1, 1]
    assert np.any(gan.state.discriminator_optimizer._velocities[0])


def test_weight_clip_bounds_every_discriminator_weight_and_no_generator_weight(small_gan, batch):
    gan = small_gan(objective={"loss": "wasserstein", "weight_clip": 0.01})
    gan.step(*batch)
    assert max(np.abs(v).max() for v in gan.state.discriminator.trainable_variables) == (
        pytest.approx(0.01)
    )
    assert max(np.abs(v).max() for v in gan.state.generator.trainable_variables) > 0.01


def test_latents_depend_on_seed_and_step_alone():
    first = latents_of_step(0, 0)
    np.testing.assert_array_equal(first, latents_of_step(0, 0))
    assert not np.array_equal(first, latents_of_step(0, 1))
    assert not np.array_equal(first, latents_of_step(1, 0))


def test_labels_of_generated_images_have_random_numbers_of_their_own(small_gan, batch):
    gan = small_gan(model={"conditional": True, "label_sampling": "uniform"})
    seeds = {}
    for owner, name in ((gan.step, "fake_labels"), (gan.step.losses, "latents")):
        drawn = getattr(owner, name)

        def noted(seed, drawn=drawn, name=name):
            seeds[name] = seed.numpy().tolist()
            return drawn(seed)

        setattr(owner, name, noted)
    gan.step.generator_inputs(batch[1], tf.constant([0, 0]))
    assert seeds["fake_labels"] != seeds["latents"]


@pytest.mark.parametrize(
    ("penalty", "updates"),
    [("r1", "alternating"), ("wgan_gp", "alternating"), ("r1", "simultaneous")],
)
def test_float16_scales_losses_and_steps_like_float32(small_gan, batch, penalty, updates):
    make = lambda precision: small_gan(  # noqa: E731
        objective={"penalties": [{"name": penalty, "gamma": 0.1}], "updates": updates},
        training=sgd(0.05) | {"precision": precision},
    )
    reference, mixed = make("float32"), make("mixed_float16")
    assert float(mixed.state.generator_optimizer.dynamic_scale) == 2**15
    before = {
        name: [v.numpy() for v in getattr(reference.state, name).trainable_variables]
        for name in ("generator", "discriminator")
    }
    for gan in (reference, mixed):
        for _ in range(3):
            report = gan.step(*batch)
            assert all(np.isfinite(value) for value in report.values())
    for name in ("generator", "discriminator"):
        models = getattr(reference.state, name), getattr(mixed.state, name)
        for exact, close in zip(*(m.trainable_variables for m in models), strict=True):
            np.testing.assert_allclose(close, exact, atol=4e-3)
        # Small steps are as long as they must be, too.
        steps = [
            sum(
                np.sum((v.numpy() - was) ** 2)
                for v, was in zip(variables, before[name], strict=True)
            )
            for variables in (model.trainable_variables for model in models)
        ]
        assert steps[1] == pytest.approx(steps[0], rel=0.1)


def test_an_overflowing_float16_step_is_skipped_and_halves_the_scale(small_gan, batch, snapshot):
    gan = small_gan(training=sgd(0.05) | {"precision": "mixed_float16"})
    gan.state.discriminator_optimizer.dynamic_scale.assign(2.0**40)
    before = snapshot(gan.state.discriminator)
    gan.step(*batch)
    assert not any(changed(before, snapshot(gan.state.discriminator)))
    assert float(gan.state.discriminator_optimizer.dynamic_scale) == 2.0**39
