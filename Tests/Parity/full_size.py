#!/usr/bin/env python3
"""Runs transformers and perceiver-tui on the six public Perceivers at full size, with random weights.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 transformers==5.24.0 numpy
    swift build -c release --product perceiver-tui
    python3 Tests/Parity/full_size.py                        # from the root of the repository
    python3 Tests/Parity/full_size.py --only conv language --folder /tmp/models

The configurations are those of deepmind/vision-perceiver-fourier, -learned and -conv,
deepmind/language-perceiver, deepmind/optical-flow-perceiver and deepmind/multimodal-perceiver; the
weights are random, since nothing is fetched, and large enough that attention is sharp. Models take
0.8 GB of disk at a time, unless --folder keeps them all (1.7 GB).

Each program runs in processes of its own, one after the other, in eager mode and on --threads threads.
Times are of one answer, the least of --rounds. The forward pass: after a first that is not counted, so
with the weights in memory, of perceiver-tui as `bench --weights` measures it. The whole process: from
its start to its answer, which of perceiver-tui is in files by then. Memory is the
largest a process had: of transformers with Python and torch in it, and beside it, in brackets, what
torch and transformers take before there is a model. Errors are ‖ours − theirs‖ / ‖theirs‖: of the
answer, and of attention maps of a few latents of the encoder's and the decoder's cross-attention and of
a self-attention. The exit status is 1 where an answer is further than 2e-5 off, or a map than 1e-4.
The heatmap is the first one of -conv on a terminal, from the start of the process, a median of nine.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTO = dict(num_latents=512, d_latents=1024, num_blocks=8, num_self_attends_per_block=6,
             num_self_attention_heads=8, num_cross_attention_heads=1, num_labels=1000)
MODELS = {
    "fourier": ("PerceiverForImageClassificationFourier", PHOTO | dict(d_model=261)),
    "learned": ("PerceiverForImageClassificationLearned", PHOTO | dict(d_model=512, image_size=224)),
    "conv": ("PerceiverForImageClassificationConvProcessing", PHOTO | dict(d_model=322)),
    "language": ("PerceiverForMaskedLM", dict(qk_channels=256, v_channels=1280)),
    "flow": ("PerceiverForOpticalFlow", dict(
        num_latents=2048, d_latents=512, d_model=322, num_blocks=1, num_self_attends_per_block=24,
        num_self_attention_heads=16, num_cross_attention_heads=1)),
    "multimodal": ("PerceiverForMultimodalAutoencoding", dict(
        num_latents=784, d_latents=512, d_model=704, num_blocks=1, num_self_attends_per_block=8,
        num_self_attention_heads=8, num_cross_attention_heads=1, num_labels=700)),
}
TITLES = {
    "fourier": "vision-perceiver-fourier", "learned": "vision-perceiver-learned",
    "conv": "vision-perceiver-conv", "language": "language-perceiver, 2048 bytes",
    "flow": "optical-flow-perceiver, 368 × 496", "multimodal": "multimodal-perceiver, the label",
}
# Times faster, and share of the memory, that are aimed at.
GOALS = {
    "fourier": (1.4, 1 / 3), "learned": (1.2, 1 / 2), "conv": (1.2, 1 / 2), "language": (1.2, None),
    "flow": (1.3, 1 / 4), "multimodal": (1.3, 1 / 3),
}
ANSWER_BOUND, MAP_BOUND = 2e-5, 1e-4
LATENTS = [0, 100, 255]


def inputs(name):
    """The input as perceiver-tui reads it: arrays by file name."""
    random = np.random.default_rng(1)
    if name == "language":
        return {"input.npy": np.concatenate([[4], random.integers(38, 128, 2046), [5]]).astype(np.int64)}
    if name == "flow":
        first = random.uniform(-1, 1, (368, 496, 3)).astype(np.float32)
        return {"input.npy": np.stack([first, np.roll(first, 3, 1)])}
    if name == "multimodal":
        return {"input.npy": random.uniform(0, 1, (16, 224, 224, 3)).astype(np.float32),
                "sound.wav": random.integers(-20000, 20000, 30720).astype(np.int16)}
    return {"input.npy": random.normal(0, 1, (224, 224, 3)).astype(np.float32)}


def write_inputs(name, folder):
    import wave
    for file, values in inputs(name).items():
        if file.endswith(".wav"):
            with wave.open(str(folder / file), "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(48000)
                out.writeframes(values.tobytes())
        else:
            np.save(folder / file, values)


def make(name, folder):
    """In a process of its own: a model of random weights whose scores have a deviation of about four."""
    import torch
    import transformers
    kind, arguments = MODELS[name]
    labels = arguments.get("num_labels")
    config = transformers.PerceiverConfig(**arguments)
    if labels:
        config.id2label = {i: f"class {i}" for i in range(labels)}
        config.label2id = {f"class {i}": i for i in range(labels)}
    torch.manual_seed(0)
    model = getattr(transformers, kind)(config).eval()
    with torch.no_grad():
        for key, value in model.named_parameters():
            if value.dim() == 1:
                value.add_(0.05 * torch.randn(value.shape))
            elif key.endswith(("query.weight", "key.weight")):
                value.normal_(0, 2 / value.shape[1] ** 0.5)
            elif "dense" in key or key.endswith("value.weight"):
                value.normal_(0, 1 / value.shape[1] ** 0.5)
            else:
                value.mul_(10)
    model.save_pretrained(folder)


def torch_inputs(name, config):
    import torch
    values = inputs(name)
    first = values["input.npy"]
    if name == "language":
        return dict(inputs=torch.tensor(first)[None])
    if name == "flow":
        padded = np.pad(first, ((0, 0), (1, 1), (1, 1), (0, 0)))
        patches = np.concatenate(
            [padded[:, r:r + 368, c:c + 496] for r in range(3) for c in range(3)], -1)
        return dict(inputs=torch.tensor(patches.transpose(0, 3, 1, 2).copy())[None])
    if name == "multimodal":
        sound = values["sound.wav"].astype(np.float32) / 32768
        return dict(
            inputs=dict(
                image=torch.tensor(first.transpose(0, 3, 1, 2).copy())[None],
                audio=torch.tensor(sound)[None, :, None],
                label=torch.zeros(1, config.num_labels)),
            # transformers gives no label alone: one point of each is the least that it decodes.
            subsampled_output_points=dict(
                image=torch.tensor([0]), audio=torch.tensor([0]), label=None))
    return dict(inputs=torch.tensor(first.transpose(2, 0, 1).copy())[None])


def layers(config):
    """A self-attention in the middle, and the number of its stage counted from 0."""
    count = config.num_blocks * config.num_self_attends_per_block
    return count // 2, count // 2 + 1, count + 1


def run_torch(name, folder, threads, rounds, what):
    """In a process of its own: one answer alone, the answer with its time and memory, or some rows of
    attention."""
    import torch
    import transformers
    torch.set_num_threads(threads)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    model = getattr(transformers, MODELS[name][0]).from_pretrained(folder).eval()
    opened = time.perf_counter() - start
    arguments = torch_inputs(name, model.config)
    with torch.no_grad():
        if what == "once":
            model(**arguments)
        elif what == "answer":
            times = []
            for _ in range(rounds + 1):
                start = time.perf_counter()
                out = model(**arguments)
                times.append(time.perf_counter() - start)
            seconds = min(times[1:])
            logits = out.logits["label"] if name == "multimodal" else out.logits
            np.save(folder / "answer.npy", logits[0].numpy())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            (folder / "torch.json").write_text(
                json.dumps(dict(seconds=seconds, opened=opened, peak=peak, base=base)))
        else:
            out = model(**arguments, output_attentions=True)
            middle = layers(model.config)[0]
            maps = {}
            for latent in LATENTS:
                maps[f"encoder {latent}"] = out.cross_attentions[0][0, 0, latent]
                maps[f"middle {latent}"] = out.attentions[middle][0, 0, latent]
                decoder = out.cross_attentions[1][0, 0]
                # Of what was asked of all the label is the last.
                maps[f"decoder {latent}"] = (decoder[-1:] if name == "multimodal" else decoder)[:, latent]
            maps["sharpness"] = out.cross_attentions[0][0].amax(-1).mean()
            np.savez(folder / "maps.npz", **{k: v.numpy() for k, v in maps.items()})


def process(arguments, environment=None):
    """Runs a process to its end: seconds, and peak memory in MB."""
    start = time.perf_counter()
    child = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=os.environ | (environment or {}))
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, arguments))}: status {os.waitstatus_to_exitcode(status)}\n{said}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def error(ours, theirs):
    ours, theirs = np.float64(ours).reshape(-1), np.float64(theirs).reshape(-1)
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def compare(name, folder, options):
    own = [sys.executable, __file__, "--threads", str(options.threads), "--rounds",
           str(options.rounds), "--within", str(folder)]
    if not (folder / "model.safetensors").exists():
        process(own + ["--step", "make", "--only", name])
    write_inputs(name, folder)
    process(own + ["--step", "answer", "--only", name])
    theirs = json.loads((folder / "torch.json").read_text())
    theirs["process"] = min(
        process(own + ["--step", "once", "--only", name])[0] for _ in range(options.rounds))
    files = [str(folder / file) for file in inputs(name)]
    threads = {"PERCEIVER_NUM_THREADS": str(options.threads)}
    model = ["--weights", str(folder)]
    out = folder / "out"
    runs = [process(
        [options.program, "trace", *files, *model, "--no-attention", "--force", "--output", str(out)],
        threads) for _ in range(options.rounds)]
    given = [argument for file in files for argument in ("--input", file)]
    measured = json.loads(subprocess.run(
        [options.program, "bench", *model, *given, "--repetitions", str(options.rounds), "--json"],
        env=os.environ | threads, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
    work = measured["works"][0]
    result = theirs | dict(
        name=name, our_process=min(r[0] for r in runs), our_peak=max(r[1] for r in runs),
        ours=work["leastSeconds"], floor=work["operations"] / work["productRate"])
    answer = np.load(out / ("outputs.npy" if name in ("language", "flow") else "logits.npy"))
    expected = np.load(folder / "answer.npy")
    result["answer_error"] = error(answer, expected)
    result["info"] = min(
        process([options.program, "info", str(folder)], threads)[0] for _ in range(3))
    if not options.no_maps:
        process(own + ["--step", "maps", "--only", name])
        maps = np.load(folder / "maps.npz")
        config = json.loads((folder / "config.json").read_text())
        count = config["num_blocks"] * config["num_self_attends_per_block"]
        positions = {"encoder": 1, "middle": count // 2 + 2, "decoder": count + 2}
        errors = {}
        for position, stage in positions.items():
            for latent in LATENTS:
                process([
                    options.program, "render", *files, *model, "--stage", str(stage), "--head", "1",
                    "--latent", str(latent + 1), "--force", "--output", str(folder / "map.npy")], threads)
                errors[f"{position} {latent}"] = error(
                    np.load(folder / "map.npy"), maps[f"{position} {latent}"])
        result["map_error"] = max(errors.values())
        result["sharpness"] = float(maps["sharpness"])
        result["map_errors"] = errors
    return result


def first_heatmap(program, folder, threads):
    sys.path.insert(0, str(ROOT / "Tests/Terminal"))
    import first_map
    os.environ["PERCEIVER_NUM_THREADS"] = str(threads)
    command = [program, str(ROOT / "Samples/cat.ppm"), "--weights", str(folder)]
    return statistics.median(first_map.measure(command) for _ in range(9))


def row(result):
    def maps(key, form):
        return format(result[key], form) if key in result else "–"
    memory = GOALS[result["name"]][1]
    return [
        TITLES[result["name"]], f"{result['seconds']:.2f} s", f"{result['ours']:.2f} s",
        f"{result['seconds'] / result['ours']:.2f} × (goal {GOALS[result['name']][0]})",
        f"{result['floor']:.2f} s", f"{result['process']:.2f} s", f"{result['our_process']:.2f} s",
        f"{result['process'] / result['our_process']:.2f} ×",
        f"{result['peak']:.0f} MB ({result['base']:.0f})", f"{result['our_peak']:.0f} MB",
        f"{result['our_peak'] / result['peak']:.2f}" + (f" (goal {memory:.2f})" if memory else ""),
        f"{result['answer_error']:.1e}", maps("map_error", ".1e"), maps("sharpness", ".2f"),
        f"{result['info']:.2f} s",
    ]


HEAD = ["model", "forward there", "here", "faster", "its products alone", "process there", "here",
        "faster", "memory there", "memory here", "share",
        "error of the answer", "of maps", "mean largest weight", "info"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--only", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="times each is run")
    parser.add_argument("--folder", type=pathlib.Path, help="where models are kept")
    parser.add_argument("--no-maps", action="store_true", help="compare no attention maps")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each model")
    parser.add_argument("--step", choices=["make", "once", "answer", "maps"], help=argparse.SUPPRESS)
    parser.add_argument("--within", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name = options.only[0]
        if options.step == "make":
            return make(name, options.within)
        return run_torch(name, options.within, options.threads, options.rounds, options.step)
    base = options.folder or pathlib.Path(tempfile.mkdtemp())
    is_good = True
    try:
        print("| " + " | ".join(HEAD) + " |\n|" + " --- |" * len(HEAD), flush=True)
        for name in options.only:
            folder = base / name
            folder.mkdir(parents=True, exist_ok=True)
            result = compare(name, folder, options)
            print(json.dumps(result) if options.json else "| " + " | ".join(row(result)) + " |",
                  flush=True)
            is_good &= result["answer_error"] <= ANSWER_BOUND
            is_good &= result.get("map_error", 0) <= MAP_BOUND
            if name == "conv":
                heatmap = first_heatmap(options.program, folder, options.threads)
                print(f"first heatmap of {TITLES[name]} from the start of the process: {heatmap:.2f} s "
                      "(goal 0.7)", file=sys.stderr, flush=True)
            if not options.folder:
                shutil.rmtree(folder)
    finally:
        if not options.folder:
            shutil.rmtree(base, ignore_errors=True)
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
