"""A plotly figure as a widget: the whole figure is one trait, so that no message on the way to the page is lost."""

import json
from importlib.resources import files
from typing import Any

import anywidget
import plotly.graph_objects as go
import traitlets

# Under `lst serve` the template has loaded plotly.js already; elsewhere the kernel sends it, once a page.
SCRIPT = """
const asked = (model) => new Promise((done) => {
  model.on("msg:custom", (message, buffers) => {
    const script = document.createElement("script");
    script.src = URL.createObjectURL(new Blob(buffers, { type: "text/javascript" }));
    script.onload = () => done(window.Plotly);
    document.head.append(script);
  });
  model.send({ want: "plotly" });
});
const served = (tag) => new Promise((done, failed) => {
  tag.addEventListener("load", () => done(window.Plotly));
  tag.addEventListener("error", failed);
});
async function plotly(model) {
  const tag = document.querySelector("script[data-plotly]");
  return window.Plotly ?? await (window.lstPlotly ??= tag ? served(tag) : asked(model));
}
async function render({ model, el }) {
  const Plotly = await plotly(model);
  const config = { displayModeBar: false, scrollZoom: false, doubleClick: false };
  const draw = () => {
    const { data, layout } = structuredClone(model.get("spec"));
    return Plotly.react(el, data, layout, config);
  };
  await draw();
  model.on("change:spec", draw);
  const watched = new ResizeObserver(() => requestAnimationFrame(() => el.isConnected && Plotly.Plots.resize(el)));
  watched.observe(el.parentElement ?? el);
  return () => { watched.disconnect(); Plotly.purge(el); };
}
export default { render };
"""


class Chart(anywidget.AnyWidget):
    """Shows a figure; `show` puts another one, or the same one changed, in its place."""

    _esm = SCRIPT
    spec = traitlets.Dict().tag(sync=True)

    def __init__(self, figure: go.Figure, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(self._send_plotly)
        self.show(figure)

    def show(self, figure: go.Figure) -> None:
        """Draw the figure as it is now."""
        self.spec = json.loads(figure.to_json())

    def _send_plotly(self, _: Any, message: dict[str, Any], buffers: Any) -> None:
        if message.get("want") == "plotly":
            script = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
            self.send({"is": "plotly"}, buffers=[script])
