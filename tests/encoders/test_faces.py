"""Faces: the network's answer decoded by hand, a network by formula, and the pulled weights on a photograph."""

from importlib.resources import files

import matplotlib as mpl
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from encoders.media.video import SandboxedVideoAnalyzer
from encoders.vision.centerface_graph import OUTPUTS, resizable
from encoders.vision.faces import FaceCounter, apart, boxes

HEIGHT, WIDTH = 40.0, 24.0


def answer(rows=16, columns=20):
    """A heatmap with nothing on it, faces of 40 x 24 pixels, no offsets."""
    sizes = np.log(np.array([HEIGHT, WIDTH]) / 4)[:, None, None]
    scale = np.broadcast_to(sizes, (2, rows, columns)).astype(np.float32)
    return np.zeros((rows, columns), np.float32), scale, np.zeros((2, rows, columns), np.float32)


def test_a_likely_cell_is_a_box_around_its_middle():
    heatmap, scale, offset = answer()
    heatmap[5, 7], heatmap[10, 15], heatmap[1, 1] = 0.7, 0.9, 0.4
    offset[:, 10, 15] = (0.25, -0.5)  # a quarter of a cell down, half a cell to the left
    found = boxes(heatmap, scale, offset, threshold=0.5)
    middle_y, middle_x = (10 + 0.25 + 0.5) * 4, (15 - 0.5 + 0.5) * 4
    sides = [middle_x - WIDTH / 2, middle_y - HEIGHT / 2, middle_x + WIDTH / 2, middle_y + HEIGHT / 2]
    assert found[0] == pytest.approx([*sides, 0.9])
    assert found[1] == pytest.approx([30 - 12, 22 - 20, 30 + 12, 22 + 20, 0.7])
    assert len(found) == 2
    assert boxes(heatmap, scale, offset, threshold=0.95).shape == (0, 5)


def test_a_wild_answer_stays_finite_and_small():
    heatmap, scale, offset = answer(200, 200)
    found = boxes(heatmap + 1, scale + 1e6, offset, threshold=0.5)
    assert found.shape == (500, 5)
    assert np.isfinite(found).all()
    assert len(apart(found)) == 1


def test_boxes_of_one_face_are_one_and_neighbours_stay():
    def box(left, score):
        return [left, 0, left + 20, 20, score]

    found = np.array([box(0, 0.9), box(8, 0.8), box(11, 0.7), box(40, 0.6)], np.float32)
    # Shifted by 8 of 20 pixels two boxes share 12 / 28 = .43 of their union, by 11 they share 9 / 31 = .29.
    assert apart(found)[:, 4].tolist() == pytest.approx([0.9, 0.7, 0.6])
    assert apart(found[:0]).shape == (0, 5)


def port(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def published(kernels):
    """A network with the published file's ports: each output is one convolution over cells of 4 x 4 pixels."""
    nodes, weights = [], []
    for name, (kernel, bias) in kernels.items():
        weights.append(numpy_helper.from_array(kernel.astype(np.float32), f"w{name}"))
        weights.append(numpy_helper.from_array(np.asarray(bias, np.float32), f"b{name}"))
        nodes.append(helper.make_node("Conv", ["input.1", f"w{name}", f"b{name}"], [name], strides=[4, 4]))
    outputs = [port(name, [10, len(kernel), 8, 8]) for name, (kernel, _) in kernels.items()]
    inputs = [port("input.1", [10, 3, 32, 32]), *(port(w.name, list(w.dims)) for w in weights)]
    graph = helper.make_graph(nodes, "published", inputs, outputs, weights)
    return helper.make_model(graph, ir_version=4, opset_imports=[helper.make_opsetid("", 9)])


def dots_as_faces():
    """Likely wherever a cell is white; every face is 8 x 8 pixels."""
    nothing = np.zeros((2, 3, 4, 4))
    size = np.log(2.0)
    likely = (np.full((1, 3, 4, 4), 1 / (3 * 16 * 255)), [0.0])
    landmarks = (np.zeros((10, 3, 4, 4)), [0.0] * 10)
    return published({"537": likely, "538": (nothing, [size] * 2), "539": (nothing, [0.0] * 2), "540": landmarks})


def test_the_published_network_takes_any_size_and_loses_its_landmarks():
    model = resizable(dots_as_faces())
    assert {tensor.name for tensor in model.graph.initializer} == {"w537", "b537", "w538", "b538", "w539", "b539"}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    assert [each.name for each in session.get_outputs()] == list(OUTPUTS)
    heatmap, scale, offset = session.run(None, {"picture": np.full((1, 3, 64, 96), 255, np.float32)})
    assert (heatmap.shape, scale.shape, offset.shape) == ((1, 1, 16, 24), (1, 2, 16, 24), (1, 2, 16, 24))
    assert heatmap == pytest.approx(1.0, abs=1e-3)


@pytest.fixture
def dots(tmp_path):
    """A counter whose faces are white dots of 4 x 4 pixels."""
    onnx.save(resizable(dots_as_faces()), str(tmp_path / "model.onnx"))
    return FaceCounter(tmp_path)


def test_dots_are_counted_and_found_where_they_are(dots):
    picture = np.zeros((64, 96, 3), np.uint8)
    for row, column in ((8, 8), (8, 40), (40, 60)):
        picture[row : row + 4, column : column + 4] = 255
    assert dots.count([picture, picture[:, :32], np.zeros_like(picture)]) == (3, 1, 0)
    assert dots.count([]) == ()
    (found,) = dots.find(picture[:, :32])
    assert found == pytest.approx([6, 6, 14, 14, 1.0], abs=1e-3)


def test_where_a_face_is_told_in_pixels_of_the_picture(dots):
    picture = np.zeros((128, 192, 3), np.uint8)
    picture[80:88, 96:104] = 255
    (found,) = dots.find(picture, area=64 * 96, threshold=0.6)  # looked at with half as many pixels a side
    assert found[:4] == pytest.approx([92, 76, 108, 92], abs=0.1)


def portrait():
    with Image.open(str(files(mpl) / "mpl-data" / "sample_data" / "grace_hopper.jpg")) as picture:
        return picture.convert("RGB")


def gallery(count, side=128):
    """The portrait's head several times on grey."""
    head = portrait().crop((130, 90, 400, 360)).resize((side, side))
    wall = Image.new("RGB", (640, 360), (110, 110, 110))
    for n in range(count):
        wall.paste(head, (20 + n % 4 * 155, 20 + n // 4 * 180))
    return np.asarray(wall)


@pytest.fixture(scope="module")
def counter(store):
    return FaceCounter(store.path("centerface", "model.onnx").parent)


@pytest.mark.models
def test_a_portrait_has_one_face_and_it_is_where_it_is(counter):
    (face,) = counter.find(np.asarray(portrait()))
    left, top, right, bottom, likelihood = face
    assert 150 < left < 200 < 330 < right < 380
    assert 90 < top < 160 < 300 < bottom < 360
    assert likelihood > 0.8


@pytest.mark.models
@pytest.mark.parametrize("count", [0, 1, 2, 5, 8])
def test_as_many_faces_are_counted_as_there_are(counter, count):
    assert counter.count([gallery(count)] * 16) == (count,) * 16


@pytest.mark.models
def test_what_is_no_face_and_odd_sizes_count_nothing(counter):
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    flat = [np.zeros((1, 1, 3), np.uint8), np.zeros((2, 2000, 3), np.uint8), np.full((900, 3, 3), 255, np.uint8)]
    assert counter.count([noise, *flat]) == (0, 0, 0, 0)


@pytest.mark.models
def test_the_time_line_of_a_clip_counts_its_faces(store, counter, media):
    analyzer = SandboxedVideoAnalyzer(store)
    clip = media.clip("x.mp4", [gallery(1)] * 75 + [gallery(3)] * 75, codec="libx264", options={"g": "25"})
    Image.fromarray(gallery(2)).save(media.folder / "two.png")
    seen, still = analyzer.analyze(clip), analyzer.analyze(media.folder / "two.png")
    analyzer.close()
    assert seen.faces == 3
    assert [moment.faces for moment in seen.moments] == [1, 1, 1, 3, 3, 3]
    assert (still.faces, still.moments) == (2, ())
