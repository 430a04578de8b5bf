"""The flags of gan-sample, in the order of its help text."""

from absl import flags

from gan_cli.cli.list_flags import define_list
from gan_cli.domains.tile_layout import RESAMPLING
from gan_cli.studio.edit_requests import SPACES
from gan_cli.studio.picture_requests import METHODS, SHEETS, WALKS

flags.DEFINE_string("run_dir", None, "Run directory of gan-train.")
flags.DEFINE_string(
    "checkpoint",
    "best",
    "Checkpoint to draw from: best, latest, or the number of images that training had shown.",
)
flags.DEFINE_integer("seed", 0, "First seed; the others follow it.")
flags.DEFINE_string("seeds", None, "Seeds in place of --seed, such as 0-63 or 1,5,10-12.")
define_list("latents", "Files of latents, such as --project writes, in place of seeds.")
flags.DEFINE_string(
    "classes",
    None,
    "Conditional runs: names or numbers of classes, such as 0,3, taken in turn over the seeds; or"
    " 'all'. Double quotes take a name as it stands.",
)
flags.DEFINE_float(
    "truncation",
    None,
    "Keeps latents within plus and minus this bound; stylegan2: psi, the factor by which styles"
    " approach their mean. Less variety, cleaner images.",
)
flags.DEFINE_bool(
    "no_provenance",
    False,
    "Write files that do not say that a model made them; the run directory keeps a note of each.",
)
flags.DEFINE_string(
    "c2pa_certificate",
    None,
    "Sign pictures with content credentials (C2PA): PEM file of your certificate and those up to"
    " its root.",
)
flags.DEFINE_string("c2pa_key", None, "PEM file of the certificate's private key.")
flags.DEFINE_string(
    "c2pa_timestamp", None, "URL of a time stamp authority (RFC 3161), asked for every picture."
)
flags.DEFINE_string(
    "soundfont",
    None,
    "Music: an .sf2 or .sf3 file, with which FluidSynth plays what is written as sound.",
)
flags.DEFINE_string(
    "out",
    None,
    "What to write: a picture as .png, .jpg or .webp, arrays as .npz, a .tfrecord, or a folder of"
    " single images.",
)
flags.DEFINE_string(
    "grid",
    None,
    "ROWSxCOLUMNS of the picture; by default 8x8, or what the seeds fill. With --walk: a mosaic in"
    " which each image walks through seeds of its own.",
)
flags.DEFINE_integer(
    "scale",
    None,
    "Enlarge images by this whole factor, 1 to 64; by default small images to about 64 pixels.",
)
flags.DEFINE_enum(
    "resample",
    "nearest",
    RESAMPLING,
    "How images are enlarged: nearest repeats pixels, lanczos smooths.",
)
flags.DEFINE_integer(
    "until",
    None,
    "Write this many images, from --seed on, to a folder, .npz or .tfrecord. After an interruption,"
    " the same command continues.",
)
flags.DEFINE_enum(
    "walk",
    None,
    WALKS,
    "linear, spherical: lines or arcs from seed to seed, or between --latents; circle: round the"
    " circle through two seeds; classes: from class to class at each seed. --out is .png or .jpg"
    " for a strip, and .gif, .apng, .webp or .mp4 for an animation; of text also .txt and .jsonl.",
)
flags.DEFINE_bool("loop", False, "Return from the last seed, or class, to the first.")
flags.DEFINE_integer(
    "steps",
    None,
    "Images from one seed, or class, to the next; by default 16 in a strip and 48 in an animation.",
)
flags.DEFINE_integer("frames_per_second", 24, "Speed of an animation, 1 to 100.")
flags.DEFINE_enum(
    "directions",
    None,
    METHODS,
    "Draw a row for each of the strongest directions from the latents of --seed or --latents, found"
    " from the weights (sefa) or from samples (pca). The vectors go to an .npz beside the picture.",
)
flags.DEFINE_integer("axes", 6, "Number of directions, 1 to 64.")
flags.DEFINE_float("extent", 3.0, "How far to go in each direction, in standard deviations.")
flags.DEFINE_string(
    "move",
    None,
    "AXIS:STEPS, several with commas, such as 1:2,3:-0.5: in place of the rows, draw the one image"
    " that lies this many standard deviations along these directions.",
)
flags.DEFINE_enum(
    "sheet",
    None,
    SHEETS,
    "truncation: seeds at several truncations; classes: a row for each class; real: training images"
    " above generated ones; training: how the first images developed; mix, for stylegan2: coarse"
    " styles by row with fine styles by column.",
)
flags.DEFINE_integer(
    "dataset",
    None,
    "Write this many images, from --seed on, to --out/train/CLASS/: the layout of"
    " keras.utils.image_dataset_from_directory and of TFDS's ImageFolder.",
)
define_list(
    "proportions",
    "One number for each of --classes, or of all classes, such as 5,1,1: the shares of the images;"
    " by default equal.",
)
flags.DEFINE_string(
    "project",
    None,
    "An image file: find the latents whose image comes nearest to it. Writes that image, a strip"
    " that compares the two, and the latents as .npz. With --out as .txt or .jsonl: a string, whose"
    " nearest one is written. In runs of music: a MIDI file, for its nearest phrases.",
)
flags.DEFINE_string(
    "into", None, "Music: class under which the latents of --project make the phrases."
)
flags.DEFINE_enum(
    "project_space",
    None,
    SPACES,
    "Where --project searches: z, latents; w, styles, which reach more images. By default w where"
    " the generator has styles (stylegan2).",
)
flags.DEFINE_integer(
    "fit_steps",
    500,
    "Steps of gradient descent of --project, --inpaint, --super_resolve and --given, 1 to 100,000.",
)
flags.DEFINE_string(
    "inpaint",
    None,
    "An image file: fill what --mask marks so that it fits the rest. Writes the same files as"
    " --project.",
)
flags.DEFINE_string(
    "mask", None, "An image of the same shape, white where --inpaint is to fill it."
)
flags.DEFINE_string(
    "super_resolve",
    None,
    "An image file smaller than the generator's images: find the image that shrinks to it. Writes"
    " the same files as --project.",
)
flags.DEFINE_string(
    "given",
    None,
    "Runs of music with voices: a MIDI file whose tracks are kept note for note; the other tracks"
    " are made to fit. Tracks that end before the last bar of a phrase are continued.",
)
flags.DEFINE_bool("explore", False, "Serve a page with sliders to this machine's browser.")
flags.DEFINE_integer(
    "port", 8765, "Port of the page; 0: any that is free.", lower_bound=0, upper_bound=65535
)
define_list(
    "export",
    "Write the generator to the new folder --out, with a model card: keras, saved_model, onnx,"
    " litert, litert_float16, litert_int8, litert_phone (one image at a time); several with commas,"
    " or all. hub: a folder for the Hugging Face Hub, with an app; nothing is uploaded.",
)
flags.DEFINE_string(
    "licence", None, "Licence of the exported generator, such as CC-BY-4.0: for its card and files."
)
flags.DEFINE_string(
    "inspect",
    None,
    "A file: print what it says about its origin. With --run_dir, draw it again and compare all"
    " pixels; exit status 1 if they differ.",
)

# Flags of modes whose files say where they come from.
MARKED = ("no_provenance", "c2pa_certificate", "c2pa_key", "c2pa_timestamp")
# Flags of modes that draw from a run by seed.
SEEDED = ("checkpoint", "seed", "seeds", "classes", "truncation", *MARKED)
# Flags of modes that lay several images out.
TILED = (*SEEDED, "scale", "resample")
# Flags of several modes, which the help text lists first.
SHARED = ("run_dir", *SEEDED[:3], "latents", *SEEDED[3:5], *TILED[-2:], *MARKED, "soundfont", "out")
