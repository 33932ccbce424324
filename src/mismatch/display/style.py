"""The style of the HTML, every rule of it inside ``.mismatch-score``.

Blue (similar, fits) and vermilion (odd, foreign) are told apart by colour-blind readers, and every
tint has its number or its word beside it.
"""

CSS = """
.mismatch-score{font:14px/1.5 system-ui,sans-serif;color:inherit;max-width:60em;margin:.3em 0}
.mismatch-score .ms-head{display:flex;gap:.7em;align-items:baseline;margin-bottom:.35em}
.mismatch-score .ms-headline{font-size:1.3em;line-height:1.3;font-weight:650;unicode-bidi:isolate;
overflow-wrap:anywhere}
.mismatch-score .ms-missing{text-decoration:underline dotted #d55e00 .12em;
text-underline-offset:.2em}
.mismatch-score .ms-chip{flex:none;padding:.1em .6em;border-radius:1em;font-size:.85em;
font-weight:600;color:#fff}
.mismatch-score .ms-odd{background:#b84a00}
.mismatch-score .ms-fits{background:#00659e}
.mismatch-score .ms-facts{display:flex;flex-wrap:wrap;gap:.2em .6em;align-items:center}
.mismatch-score .ms-facts>span:last-child:not(:first-child){opacity:.75}
.mismatch-score .ms-gauge{display:inline-block;height:.5em;border-radius:.25em;overflow:hidden;
background:rgba(128,128,128,.28)}
.mismatch-score .ms-gauge i{display:block;height:100%;border-radius:inherit}
.mismatch-score .ms-facts .ms-gauge{width:9em}
.mismatch-score .ms-reasons{margin:.4em 0 0;padding:0;list-style:none}
.mismatch-score .ms-reasons b{margin-right:.4em}
.mismatch-score .ms-body{margin-top:.8em;display:grid;gap:2px}
.mismatch-score .ms-row{display:grid;grid-template-columns:6.4em 1fr;gap:.8em;overflow:hidden;
padding:.35em .7em .35em .3em;border-radius:4px;border-left:4px solid transparent;
background:rgba(0,114,178,var(--ms-tint,0))}
.mismatch-score .ms-label{text-align:right;font-variant-numeric:tabular-nums;font-weight:600}
.mismatch-score .ms-label .ms-gauge{display:block;height:.28em;margin:.15em 0 0 2.6em}
.mismatch-score .ms-label .ms-gauge i{background:currentColor;opacity:.7}
.mismatch-score .ms-text{white-space:pre-line;overflow-wrap:anywhere;unicode-bidi:isolate}
.mismatch-score .ms-aside{opacity:.62;border-left-color:rgba(128,128,128,.45)}
.mismatch-score .ms-aside .ms-label{font-weight:400;font-style:italic}
.mismatch-score .ms-foreign{border-left-color:#d55e00}
.mismatch-score .ms-mark{background:#e69f00;color:#000;border-radius:3px;padding:0 .4em;
font-size:.85em;font-weight:600}
.mismatch-score .ms-more,.mismatch-score .ms-foot{margin-top:.5em;opacity:.7;font-size:.9em}
.mismatch-score table{border-collapse:collapse;margin-top:.5em;font:inherit;color:inherit}
.mismatch-score th{white-space:nowrap;font-weight:600}
.mismatch-score th,.mismatch-score td{padding:.25em .7em;text-align:start;vertical-align:baseline;
border-bottom:1px solid rgba(128,128,128,.3);font-variant-numeric:tabular-nums}
""".strip()
