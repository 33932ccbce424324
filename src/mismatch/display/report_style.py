"""Style and script of the audit's view; every rule of it inside ``.mismatch-audit``.

Tints are half transparent and text takes the page's colour, so that the view suits light and dark.
"""

CSS = """
.mismatch-audit{font:15px/1.55 system-ui,sans-serif;color:inherit;max-width:74em}
.mismatch-audit *{box-sizing:border-box}
.mismatch-audit h3{margin:0 0 .5em;font-size:1em;font-weight:650}
.mismatch-audit h3 i{font-style:normal;font-weight:400;opacity:.6;margin-left:.3em}
.mismatch-audit .ma-facts{display:flex;flex-wrap:wrap;gap:.4em 2.6em;margin:.6em 0 1.2em}
.mismatch-audit .ma-facts b{display:block;font-size:1.7em;line-height:1.2;font-weight:600;
font-variant-numeric:tabular-nums}
.mismatch-audit .ma-facts span{opacity:.7;font-size:.9em}
.mismatch-audit .ma-cards{display:grid;gap:1em;
grid-template-columns:repeat(auto-fit,minmax(min(24em,100%),1fr));margin-bottom:1em}
.mismatch-audit .ma-card{border:1px solid rgba(128,128,128,.25);border-radius:10px;
padding:1em 1.1em;min-width:0}
.mismatch-audit .ma-card ul{margin:0;padding:0;list-style:none}
.mismatch-audit .ma-card li{padding:.12em 0;overflow-wrap:anywhere;
font-variant-numeric:tabular-nums}
.mismatch-audit svg{display:block;width:100%;height:auto;overflow:visible}
.mismatch-audit svg text{font:11px system-ui,sans-serif;fill:currentColor;opacity:.7}
.mismatch-audit .ma-axis{stroke:currentColor;stroke-opacity:.5}
.mismatch-audit .ma-grid{stroke:currentColor;stroke-opacity:.12}
.mismatch-audit .ma-bar-plain{fill:#3a8fc7;fill-opacity:.65}
.mismatch-audit .ma-bar-odd{fill:#d9691a;fill-opacity:.95}
.mismatch-audit .ma-shade{fill:#e69f00;fill-opacity:.18}
.mismatch-audit .ma-chip{display:inline-block;white-space:nowrap;padding:.05em .6em;
border-radius:1em;font-size:.85em;font-weight:600;color:#fff;background:#6b6b6b}
.mismatch-audit .ma-shifted{background:#8a5a00}
.mismatch-audit .ma-swapped{background:#7a4b8f}
.mismatch-audit .ma-moved{background:#00659e}
.mismatch-audit .ma-unrelated{background:#b84a00}
.mismatch-audit table{border-collapse:collapse;font:inherit;color:inherit;width:100%}
.mismatch-audit th,.mismatch-audit td{padding:.35em .7em .35em 0;text-align:start;
vertical-align:baseline;border-bottom:1px solid rgba(128,128,128,.25);
font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.mismatch-audit th{font-weight:600;white-space:nowrap}
.mismatch-audit .ma-foot{opacity:.7;font-size:.9em;margin:.8em 0}
""".strip()

PAGE_CSS = """
:root{color-scheme:light dark}
body{margin:0;padding:2.4em max(1.2em,calc(50vw - 37em)) 4em;background:#fcfcfb;color:#1d2126}
@media(prefers-color-scheme:dark){body{background:#16181b;color:#dfe2e5}}
h1{font:650 1.75em/1.25 system-ui,sans-serif;margin:0}
h2{font:650 1.2em/1.3 system-ui,sans-serif;margin:2em 0 .7em}
.ma-tools{display:flex;flex-wrap:wrap;gap:.7em 1em;align-items:center;margin-bottom:.8em}
.ma-tools label{display:flex;gap:.45em;align-items:center}
.ma-tools input,.ma-tools select{font:inherit;color:inherit;background:rgba(128,128,128,.08);
border:1px solid rgba(128,128,128,.35);border-radius:7px;padding:.3em .6em}
.ma-tools input{min-width:18em}
.ma-tools option{background:Canvas;color:CanvasText}
.ma-tools output{opacity:.7;margin-left:auto;font-variant-numeric:tabular-nums}
.ma-rows details{border-bottom:1px solid rgba(128,128,128,.22)}
.ma-columns,.ma-rows summary{display:grid;gap:.2em .9em;align-items:baseline;
grid-template-columns:4.2em 6.8em 5.6em minmax(0,1fr);padding:.55em .4em}
.ma-columns{font-size:.9em;opacity:.65;padding:.2em .4em;border-bottom:1px solid
rgba(128,128,128,.22);grid-template-columns:4.67em 7.56em 6.2em minmax(0,1fr)}
.ma-columns span:first-child{text-align:right}
.ma-rows summary{cursor:pointer;list-style:none;border-radius:6px}
.ma-rows summary::-webkit-details-marker{display:none}
.ma-rows summary:hover{background:rgba(128,128,128,.09)}
.ma-rows summary:focus-visible{outline:2px solid #0072b2}
.ma-rows .ma-number{text-align:right;font-variant-numeric:tabular-nums;opacity:.75}
.ma-rows .ma-title{font-weight:550;overflow-wrap:anywhere;unicode-bidi:isolate}
.ma-rows .ma-fits{grid-column:4;font-size:.92em;opacity:.75;overflow-wrap:anywhere}
.ma-rows .ma-inside{padding:.4em .4em 1.6em 1em;margin-left:.4em;
border-left:3px solid rgba(128,128,128,.25)}
.ma-rows .ma-inside .mismatch-score{max-width:none}
.ma-rows .ma-pairs{margin:.2em 0 1.2em}
.ma-rows .ma-pairs td:nth-child(-n+2){white-space:nowrap;width:1%}
@media(max-width:44em){.ma-rows summary{grid-template-columns:4em 6.8em 1fr}
.ma-rows .ma-title,.ma-rows .ma-fits{grid-column:1/-1}.ma-tools input{min-width:0;width:100%}
.ma-columns{display:none}}
@media print{.ma-tools{display:none}}
""".strip()

SCRIPT = """
(() => {
  const list = document.querySelector('.ma-rows');
  const rows = [...list.children];
  const [text, cause, order] =
    ['text', 'cause', 'order'].map(name => document.getElementById('ma-' + name));
  const count = document.querySelector('.ma-tools output');
  const key = {
    odds: (a, b) => b.dataset.odds - a.dataset.odds,
    row: (a, b) => a.dataset.row - b.dataset.row,
    fit: (a, b) => b.dataset.fit - a.dataset.fit,
  };
  const show = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const hit = (!cause.value || row.dataset.cause === cause.value)
        && (!wanted || row.firstElementChild.textContent.toLowerCase().includes(wanted));
      row.hidden = !hit;
      shown += hit;
    }
    const say = number => number.toLocaleString('en');
    count.textContent = say(shown) + ' of ' + say(rows.length) + ' rows';
  };
  order.addEventListener('change', () => list.append(...rows.sort(key[order.value])));
  text.addEventListener('input', show);
  cause.addEventListener('change', show);
  show();
})();
""".strip()
