"""The other side of `benchmarks.reference`: runs independent implementations, which need PyTorch.

python reference_others.py GIVEN.npz FOUND.npz

Computes in float64. Weights are random and are written with the results, in PyTorch's layout.
"""

import importlib
import importlib.util
import random
import sys
from unittest import mock

import numpy as np
import torch
import torch.utils.cpp_extension
from torch.nn import functional

# Parts for logs, data and downloads, which the compared parts import and do not use.
UNUSED = (
    "boto3",
    "botocore",
    "botocore.exceptions",
    "requests",
    "tqdm",
    "torch_mimicry.datasets",
    "torch_mimicry.metrics",
    "torch_mimicry.training",
)
# Enough for the singular values to converge to about 1e-4.
ITERATIONS = 300
Arrays = dict[str, np.ndarray]


def upfirdn2d(images, kernel, up=1, down=1, pad=(0, 0)):
    """The filter of StyleGAN2 by its definition; the package's own is for GPUs."""
    batch, channels, height, width = images.shape
    spread = images.new_zeros(batch, channels, height, up, width, up)
    spread[:, :, :, 0, :, 0] = images
    spread = spread.reshape(batch * channels, 1, height * up, width * up)
    spread = functional.pad(spread, (*pad, *pad))
    found = functional.conv2d(spread, kernel.flip(0, 1).to(images)[None, None])
    found = found[:, :, ::down, ::down]
    return found.reshape(batch, channels, *found.shape[2:])


def module(name: str):
    for unused in UNUSED:
        sys.modules.setdefault(unused, mock.MagicMock())
    with mock.patch("torch.utils.cpp_extension.load"):
        return importlib.import_module(name)


def file_of(package: str, name: str):
    """Imports one file of a package without the package's own imports."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.submodule_search_locations
    folder = found.submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location(name, f"{folder}/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    imported = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(imported)
    return imported


def fill(network: torch.nn.Module) -> None:
    """Draws weights that start from 0 or 1, so that they show."""
    for name, weight in network.named_parameters():
        if weight.ndim < 2 or name.endswith("bias"):
            with torch.no_grad():
                weight.add_(0.3 * torch.randn_like(weight))


def weights_of(case: str, network: torch.nn.Module) -> Arrays:
    skipped = ("weight_u", "weight_v", "sn_u", "sn_sigma", "num_batches_tracked", "kernel")
    return {
        f"{case}|weight|{name.removesuffix('_orig')}": value.detach().numpy().copy()
        for name, value in network.state_dict().items()
        if not name.endswith(skipped)
    }


def gradients_of(case: str, network: torch.nn.Module) -> Arrays:
    return {
        f"{case}|gradient|{name.removesuffix('_orig')}": weight.grad.numpy()
        for name, weight in network.named_parameters()
        if weight.grad is not None
    }


def converge(network: torch.nn.Module) -> None:
    """Takes many of the steps of the power iteration that come with training-mode passes."""
    for layer in network.modules():
        for hook in layer._forward_pre_hooks.values():
            for _ in range(ITERATIONS):
                hook.compute_weight(layer, do_power_iteration=True)
        # Of torch-mimicry, which has spectral norms of its own beside PyTorch's.
        if hasattr(layer, "sn_weights"):
            layer.train()
            for _ in range(ITERATIONS):
                layer.sn_weights()


def residual_networks(given: Arrays) -> Arrays:
    """SNGAN, its projection discriminator, and SAGAN at 32 pixels."""
    found: Arrays = {}
    blocks = module("torch_mimicry.modules.resblocks")
    nearest = mock.Mock(wraps=functional)
    # The package doubles by bilinear interpolation, the paper's authors by repetition.
    nearest.interpolate = lambda x, **kwargs: functional.interpolate(x, scale_factor=2)
    images = torch.tensor(given["images"]).permute(0, 3, 1, 2)
    labels, latents = torch.tensor(given["labels"]).long(), torch.tensor(given["latents"])
    sngan = module("torch_mimicry.nets.sngan.sngan_32")
    projection = module("torch_mimicry.nets.cgan_pd.cgan_pd_32")
    sagan = module("torch_mimicry.nets.sagan.sagan_32")
    cases = {
        "sngan D": (sngan.SNGANDiscriminator32(ndf=8), (images,)),
        "sngan G": (sngan.SNGANGenerator32(nz=6, ngf=8), (latents,)),
        "projection D": (projection.CGANPDDiscriminator32(3, ndf=8), (images, labels)),
        "projection G": (projection.CGANPDGenerator32(3, nz=6, ngf=8), (latents, labels)),
        "sagan D": (sagan.SAGANDiscriminator32(3, ndf=16), (images, labels)),
        "sagan G": (sagan.SAGANGenerator32(3, nz=6, ngf=16), (latents, labels)),
    }
    with mock.patch.object(blocks, "F", nearest):
        for case, (network, inputs) in cases.items():
            fill(network)
            for layer in network.modules():
                if isinstance(layer, torch.nn.ReLU):
                    # In place, it would change what a shortcut sees; not so in the authors' code.
                    layer.inplace = False
            converge(network)
            network.train(case.endswith("G"))
            output = network(*inputs)
            output.square().mean().backward()
            found |= {f"{case}|output": output.detach().numpy()}
            found |= weights_of(case, network)
            found |= gradients_of(case, network)
    return found


def spectral_norm(given: Arrays) -> Arrays:
    """The singular vector after training-mode passes one by one."""
    layers = module("torch_mimicry.modules.layers")
    layer = layers.SNLinear(7, 5)
    found = {"power|start": layer.weight_u.numpy().copy(), **weights_of("power", layer)}
    layer.train()
    inputs = torch.randn(2, 7)
    vectors = []
    for _ in range(6):
        layer(inputs)
        vectors.append(layer.weight_u.numpy().copy())
    return found | {"power|vectors": np.array(vectors)}


def stylegan2(given: Arrays) -> Arrays:
    networks = [
        module("stylegan2_torch.generator").Generator,
        module("stylegan2_torch.discriminator").Discriminator,
    ]
    for name in ("stylegan2_torch.equalized_lr", "stylegan2_torch.generator.rgb"):
        module(name).upfirdn2d = upfirdn2d
    for name in ("stylegan2_torch.equalized_lr", "stylegan2_torch.generator.conv_block"):
        part = module(name)
        part.conv2d = functional.conv2d
        if hasattr(part, "conv_transpose2d"):
            part.conv_transpose2d = functional.conv_transpose2d
    loss = module("stylegan2_torch.loss")
    channels = {4: 12, 8: 10, 16: 8}
    generator = networks[0](16, latent_dim=6, n_mlp=2, channels=channels)
    discriminator = networks[1](16, channels=channels)
    found: Arrays = {}
    for network in (generator, discriminator):
        fill(network)

    noises = [torch.tensor(given[f"noise {i}"]).permute(0, 3, 1, 2) for i in range(5)]
    latents = torch.tensor(given["latents"])
    output, styles = generator([latents], return_latents=True, noises=noises)
    output.square().mean().backward()
    found |= {"stylegan2 G|output": output.detach().numpy(), **weights_of("stylegan2 G", generator)}
    found |= gradients_of("stylegan2 G", generator)

    images = torch.tensor(given["gray"]).permute(0, 3, 1, 2).requires_grad_()
    logits = discriminator(images)
    logits.square().mean().backward(retain_graph=True)
    found |= {"stylegan2 D|output": logits.detach().numpy()}
    found |= weights_of("stylegan2 D", discriminator) | gradients_of("stylegan2 D", discriminator)
    discriminator.zero_grad()
    penalty = loss.d_reg_loss(discriminator(images), images)
    penalty.backward()
    found |= {"r1|output": penalty.detach().numpy(), **gradients_of("r1", discriminator)}

    generator.zero_grad()
    output, styles = generator([latents], return_latents=True, noises=noises)
    path_noise = torch.tensor(given["path noise"]).permute(0, 3, 1, 2)
    with mock.patch.object(loss.torch, "randn_like", return_value=path_noise):
        penalty, mean, _ = loss.g_reg_loss(output, styles, torch.tensor(0.3))
    penalty.backward()
    found |= {"path|output": penalty.detach().numpy(), "path|mean": mean.numpy()}
    found |= gradients_of("path", generator)

    average, moved = (networks[1](8, channels={4: 6, 8: 5}) for _ in range(2))
    found |= weights_of("average before", average) | weights_of("average moved", moved)
    module("stylegan2_torch.utils").accumulate(average, moved, 0.9)
    return found | weights_of("average after", average)


def biggan(given: Arrays) -> Arrays:
    model = module("pytorch_pretrained_biggan.model")
    features = torch.tensor(given["features"]).permute(0, 3, 1, 2)
    attention = model.SelfAttn(16)
    with torch.no_grad():
        attention.gamma.fill_(0.7)
    converge(attention)
    attention.eval()
    found = {"attention|output": attention(features).detach().numpy()}
    found |= weights_of("attention", attention)

    normalize = model.BigGANBatchNorm(16, condition_vector_dim=6, n_stats=2, eps=1e-4)
    normalize.running_means[:] = torch.randn(16)
    normalize.running_vars[:] = torch.rand(16) + 0.5
    condition = torch.tensor(given["latents"])
    converge(normalize)
    normalize.eval()
    output = normalize(features, 1.0, condition).detach().numpy()
    return found | {"batch norm|output": output, **weights_of("batch norm", normalize)}


def losses(given: Arrays) -> Arrays:
    mimicry, style = module("torch_mimicry.modules.losses"), module("stylegan2_torch.loss")
    functions = {
        "hinge": (mimicry.hinge_loss_dis, mimicry.hinge_loss_gen),
        "wasserstein": (mimicry.wasserstein_loss_dis, mimicry.wasserstein_loss_gen),
        "minimax": (mimicry.minimax_loss_dis, None),
        "non_saturating": (
            lambda output_fake, output_real: style.d_loss(output_real, output_fake),
            style.g_loss,
        ),
    }
    found: Arrays = {}
    for name, (of_discriminator, of_generator) in functions.items():
        real = torch.tensor(given["real logits"])[:, None].requires_grad_()
        fake = torch.tensor(given["fake logits"])[:, None].requires_grad_()
        loss = of_discriminator(output_fake=fake, output_real=real)
        loss.backward()
        found |= {
            f"{name} D|output": loss.detach().numpy(),
            f"{name} D|gradient": np.concatenate([real.grad.numpy(), fake.grad.numpy()])[:, 0],
        }
        if of_generator is not None:
            fake.grad = None
            loss = of_generator(fake)
            loss.backward()
            found |= {f"{name} G|output": loss.detach().numpy()}
            found |= {f"{name} G|gradient": fake.grad.numpy()[:, 0]}
    return found


def diffaugment(given: Arrays) -> Arrays:
    """Every policy with given draws in place of random ones."""
    policies = file_of("lightweight_gan", "diff_augment")
    images = torch.tensor(given["images"]).permute(0, 3, 1, 2)

    def drawn(name):
        values = iter(torch.tensor(given[f"draws {name}"]))
        return lambda *arguments, **options: next(values).reshape(len(images), 1, 1, -1).to(images)

    found: Arrays = {}
    with mock.patch.object(policies.torch, "rand", drawn("color")):
        found["color|output"] = policies.DiffAugment(images, ["color"]).numpy()
    for name in ("translation", "cutout"):
        values = iter(torch.tensor(given[f"draws {name}"]).long())
        take = lambda *arguments, values=values, **options: next(values)[:, None, None]  # noqa: E731
        with mock.patch.object(policies.torch, "randint", take):
            found[f"{name}|output"] = policies.DiffAugment(images, [name]).numpy()
    return found


def adam(given: Arrays) -> Arrays:
    weight = torch.nn.Parameter(torch.tensor(given["adam weight"]))
    optimizer = torch.optim.Adam([weight], lr=0.1, betas=(0.5, 0.9), eps=1e-12)
    steps = []
    for gradient in torch.tensor(given["adam gradients"]):
        weight.grad = gradient
        optimizer.step()
        steps.append(weight.detach().numpy().copy())
    return {"adam|output": np.array(steps)}


def sizes(given: Arrays) -> Arrays:
    def count(network) -> np.ndarray:
        # Spectral norm keeps the raw weight as a parameter, and nothing else that is trained.
        return np.array(sum(weight.numel() for weight in network.parameters()))

    small, large = (module(f"torch_mimicry.nets.sngan.sngan_{side}") for side in (32, 128))
    style = module("stylegan2_torch.discriminator").Discriminator
    # On the meta device, weights have sizes and no values.
    with torch.device("meta"):
        return {
            "size|sngan 32 G": count(small.SNGANGenerator32()),
            "size|sngan 32 D": count(small.SNGANDiscriminator32()),
            "size|sngan 128 G": count(large.SNGANGenerator128()),
            "size|sngan 128 D": count(large.SNGANDiscriminator128()),
            "size|stylegan2 64 D": count(style(64)),
        }


def main(given_file: str, found_file: str) -> None:
    random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    with np.load(given_file) as file:
        given = dict(file)
    found: Arrays = {"version|torch": np.array(torch.__version__)}
    for part in (
        # First: it imports more of PyTorch, which must not meet the packages that are made up.
        adam,
        residual_networks,
        spectral_norm,
        stylegan2,
        biggan,
        losses,
        diffaugment,
        sizes,
    ):
        found |= part(given)
    np.savez(found_file, **found)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
