/** How the page looks: light or dark as the reader's system has it, and on A4 as ink on paper. */
export const STYLE = `
:root { --ink: #1f2328; --pale: #59636e; --line: #d1d9e0; --ground: #fff; --shade: #f6f8fa; --link: #0550ae; --caution: #9a6700; --own: #1a7f64; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --pale: #9198a1; --line: #3d444d; --ground: #0d1117; --shade: #151b23; --link: #79c0ff; --caution: #d29922; --own: #56d4a9; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.55 Charter, "Bitstream Charter", "Iowan Old Style", Georgia, "DejaVu Serif", serif; }
main { max-width: 47rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1, h2, h3, nav, table, figcaption, .own, .subtitle, .byline, .hint, figure svg { font-family: system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; line-height: 1.3; margin: 3rem 0 .8rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h2 .number { color: var(--pale); font-weight: 400; margin-right: .3em; }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p, ul { margin: .6rem 0; }
p, li, td, th, figcaption { overflow-wrap: break-word; }
ul { padding-left: 1.3rem; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
.subtitle { font-size: 1.05rem; color: var(--pale); margin: 0 0 .6rem; overflow-wrap: anywhere; }
.byline { margin: 0 0 1rem; }
.hint { font-size: .8rem; color: var(--pale); border-left: 3px solid var(--own); padding-left: .7rem; }
nav ol { columns: 2; column-gap: 2rem; padding-left: 1.6rem; margin: 1.5rem 0 0; font-size: .92rem; }
nav li { break-inside: avoid; padding: .1rem 0; }
code, pre { font-family: ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; font-size: .86em; }
p code, li code, td code, th code { overflow-wrap: break-word; }
figure { margin: 1.4rem 0; }
figure svg { display: block; width: 100%; height: auto; max-height: 60rem; }
figcaption { font-size: .84rem; line-height: 1.45; color: var(--pale); text-align: left; }
figcaption { margin-top: .5rem; }
figcaption b { color: var(--ink); }
.table figcaption { margin: 0 0 .4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .84rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
thead th { border-bottom: 1.5px solid var(--ink); text-align: left; vertical-align: bottom; font-weight: 600; padding: .3rem .6rem .3rem 0; }
tbody th, td { border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; padding: .3rem .6rem .3rem 0; }
th.n, td.n { text-align: right; }
td.n { white-space: nowrap; }
td.n:has(.interval) { white-space: normal; }
.interval { white-space: nowrap; }
tbody th { min-width: 8.5em; }
thead th { hyphens: auto; }
th:last-child, td:last-child { padding-right: 0; }
.caution { border-left: 3px solid var(--caution); background: var(--shade); padding: .5rem .8rem; font-size: .93rem; }
.own { border: 1.5px dashed var(--own); border-radius: 4px; padding: .6rem .8rem; margin: 1rem 0; min-height: 3.2rem; font-size: .92rem; white-space: pre-wrap; }
.own:empty::before { content: attr(data-prompt); color: var(--own); }
.own:focus { outline: 2px solid var(--link); outline-offset: 1px; }
.code pre { background: var(--shade); border: 1px solid var(--line); border-radius: 4px; padding: .7rem .9rem; overflow-x: auto; font-size: .76rem; line-height: 1.45; }
.code figcaption { margin: 0 0 .3rem; color: var(--ink); font-weight: 600; }
.references { font-size: .88rem; padding-left: 1.8rem; }
.references li { margin: .35rem 0; overflow-wrap: anywhere; }
@page { size: A4; margin: 18mm 17mm 20mm; @bottom-center { content: counter(page); font: 9pt system-ui, "DejaVu Sans", sans-serif; color: #59636e; } }
@media print {
  body { font-size: 10.5pt; background: #fff; color: #1f2328; }
  main { max-width: none; padding: 0; }
  h1 { font-size: 20pt; } h2 { font-size: 14pt; margin-top: 9mm; } h3 { font-size: 11.5pt; margin-top: 6mm; }
  .hint, .own:empty { display: none; }
  .own { border: none; padding: 0; min-height: 0; font: inherit; }
  section[data-empty]:not(:has(.own:not(:empty)))::after { content: attr(data-empty); color: var(--pale); font-style: italic; }
  a { color: inherit; }
  h2, h3, h3 + p, .table figcaption { break-after: avoid; }
  figure, figcaption, .caution { break-inside: avoid; }
  .scroll { break-before: avoid; }
  .code, .code pre, .long { break-inside: auto; }
  .scroll, .code pre { overflow: visible; }
  .code pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  thead { display: table-header-group; }
  tr, li { break-inside: avoid; }
  p { orphans: 3; widows: 3; }
  .new-page { break-before: page; }
  figure svg { max-height: 215mm; }
}
`;
