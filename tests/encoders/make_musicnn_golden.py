"""Write the golden files of musicnn with TensorFlow itself. Not a test; run by hand, only if the network changes.

Needs an environment of its own, because TensorFlow does not live beside NumPy 2:

    python -m venv tf && tf/bin/pip install "tensorflow-cpu==2.15.*" "numpy<2"
    pip download --no-deps musicnn==0.1.0 && unzip musicnn-0.1.0-py3-none-any.whl -d musicnn_wheel
    tf/bin/python tests/encoders/make_musicnn_golden.py musicnn_wheel tests/encoders/golden
"""

import sys
from pathlib import Path

import numpy as np


def golden_input():
    """Two log-mel patches by formula, the same in every environment: `(2, 187, 96)` float32 in [0, 5]."""
    n, t, f = np.meshgrid(np.arange(2), np.arange(187), np.arange(96), indexing="ij")
    return (2.5 + 2.5 * np.sin(0.05 * t * (n + 1) + 0.11 * f) * np.cos(0.3 * t)).astype(np.float32)


def main(wheel, out):
    sys.path.insert(0, str(wheel))
    import types

    import tensorflow as tf

    # The package's __init__ imports librosa, which is not needed here.
    package = types.ModuleType("musicnn")
    package.__path__ = [str(Path(wheel) / "musicnn")]
    sys.modules["musicnn"] = package
    from musicnn import models

    tf.compat.v1.disable_eager_execution()
    for name in ("MSD", "MTT"):
        tf.compat.v1.reset_default_graph()
        x = tf.compat.v1.placeholder(tf.float32, [None, 187, 96])
        training = tf.compat.v1.placeholder(tf.bool)
        outputs = models.define_model(x, training, f"{name}_musicnn", 50)
        with tf.compat.v1.Session() as session:
            tf.compat.v1.train.Saver().restore(session, str(Path(wheel) / "musicnn" / f"{name}_musicnn") + "/")
            feed = {x: golden_input(), training: False}
            tags, embedding = session.run([tf.nn.sigmoid(outputs[0]), outputs[-1]], feed)
        np.savez_compressed(Path(out) / f"musicnn_{name.lower()}.npz", tags=tags, embedding=embedding)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
