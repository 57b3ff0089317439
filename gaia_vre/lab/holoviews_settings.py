"""Run by HoloViews when it is imported: what plots need comes with the notebook, not from another host."""

import holoviews

holoviews.extension.inline = True
