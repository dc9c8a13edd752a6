"""Prints as JSON what TensorBoard and tbparse read of a folder of runs."""
import json
import sys

from tbparse import SummaryReader
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.util.tensor_util import make_ndarray

folder = sys.argv[1]
multiplexer = EventMultiplexer()
multiplexer.AddRunsFromDirectory(folder)
multiplexer.Reload()
parsed = SummaryReader(folder, extra_columns={"dir_name"}).scalars


def value(event):
    return float(make_ndarray(event.tensor_proto))


def count(event):
    """How many numbers a histogram has: its rows are left limit, right limit and count."""
    return float(make_ndarray(event.tensor_proto)[:, 2].sum())


found = {}
for run in multiplexer.Runs():
    tags = multiplexer.PluginRunToTagToContent("scalars")[run]
    [text] = multiplexer.Tensors(run, "settings/text_summary")
    rows = parsed[parsed["dir_name"] == run].sort_values("step")
    found[run] = {
        "scalars": {tag: [[event.step, value(event)] for event in multiplexer.Tensors(run, tag)] for tag in tags},
        "text": text.tensor_proto.string_val[0].decode(),
        "histograms": [[event.step, count(event)] for event in multiplexer.Tensors(run, "weights/w")],
        "tbparse": [[int(step), float(value)] for step, value in zip(rows["step"], rows["value"])],
    }
print(json.dumps(found))
