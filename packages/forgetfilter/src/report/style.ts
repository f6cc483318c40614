/** The page's style; colours follow the reader's light or dark setting (Okabe-Ito, distinct for colour-blind readers). */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--paper:#fdfdfb;--tint:#f3f4f1;--kept:#0072b2;--dropped:#d55e00;--indeterminate:#8a8f98;--accent:#00714f}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--paper:#17181b;--tint:#202226;--kept:#56b4e9;--dropped:#f0883e;--indeterminate:#7d828a;--accent:#3fcf9f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Charter,'Bitstream Charter','Iowan Old Style','Source Serif 4',Georgia,serif;overflow-wrap:anywhere}
main{max-width:1000px;margin:0 auto;padding:40px 28px 80px}
h1{font-size:2rem;line-height:1.15;margin:0 0 6px;letter-spacing:-.012em;text-wrap:balance}
h2{font-size:1.35rem;line-height:1.25;margin:48px 0 8px;padding-top:14px;border-top:1px solid var(--line)}
p{margin:8px 0;max-width:68ch}
.meta,.note,figcaption,caption{color:var(--soft);font-size:.88rem}
.lead{font-size:1.2rem;line-height:1.5;max-width:62ch;margin:20px 0 10px}
.warning{border-left:3px solid var(--dropped);padding:4px 0 4px 14px;margin:20px 0}
.facts{display:flex;flex-wrap:wrap;gap:1px;margin:24px 0 6px;padding:0;background:var(--line);border:1px solid var(--line);border-radius:6px;overflow:hidden}
.facts div{flex:1 1 20%;background:var(--paper);padding:12px 16px}
.facts dt{font-size:.86rem;color:var(--soft)}
.facts dd{margin:4px 0 0;font:600 1.6rem/1.1 system-ui,-apple-system,'Segoe UI',sans-serif;font-variant-numeric:tabular-nums}
table,svg text,.tag,.keys,dl.values{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-variant-numeric:tabular-nums}
figure{margin:16px 0}
.plot{width:100%;height:auto;display:block}
.plot.square{max-width:460px}
.plot text{fill:var(--soft);font-size:11.5px}
.plot .mark{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.frame{fill:none;stroke:var(--line)}.grid{stroke:var(--line);stroke-width:1}
.kept{fill:var(--kept)}.dropped{fill:var(--dropped)}.indeterminate{fill:var(--indeterminate)}
.phi{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:5 3}
.canary{stroke:var(--accent);stroke-width:1;opacity:.7}
.curve{fill:none;stroke:var(--kept);stroke-width:2}
.point{fill:var(--dropped);stroke:var(--paper);stroke-width:1.5}
.keys{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.83rem;margin:8px 0 0;padding:0;list-style:none;color:var(--soft)}
.keys svg{width:12px;height:12px;margin-right:6px;vertical-align:-1px}
table{border-collapse:collapse;width:100%;margin:14px 0;font-size:.86rem;line-height:1.35}
caption{text-align:left;padding:0 0 8px}
th{text-align:left;font-weight:500}
thead th{vertical-align:bottom;border-bottom:1.5px solid var(--ink);padding:4px 10px 7px;font-weight:600}
tbody th,td{padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{padding-left:0}
td:last-child,thead th:last-child{padding-right:0}
.number{text-align:right;white-space:nowrap}
.range{color:var(--soft)}
.tag{font-size:.74rem;font-weight:650;white-space:nowrap}
.tag.dropped{color:var(--dropped)}.tag.kept{color:var(--kept)}.tag.indeterminate{color:var(--soft)}
.row{border-bottom:1px solid var(--line);padding:12px 0;break-inside:avoid}
.row h3{font:600 .95rem/1.4 system-ui,-apple-system,'Segoe UI',sans-serif;margin:0;display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;font-variant-numeric:tabular-nums}
.row h3 small{font-weight:400;color:var(--soft)}
.row dl{margin:6px 0 0;display:grid;grid-template-columns:6em minmax(0,1fr);gap:2px 12px;font-size:.92rem}
.row dt{color:var(--soft)}.row dd{margin:0;white-space:pre-wrap}
dl.values{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 22px;font-size:.86rem}
dl.values dt{color:var(--soft)}dl.values dd{margin:0}
code{font:.84em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (max-width:700px){main{padding:26px 16px 60px}h1{font-size:1.5rem}.lead{font-size:1.08rem}.facts div{flex-basis:45%}.facts dd{font-size:1.3rem}.plot:not(.square) text{font-size:20px}.row dl{grid-template-columns:minmax(0,1fr)}.row dd{margin-bottom:6px}dl.values{grid-template-columns:minmax(0,1fr);gap:0}dl.values dd{margin-bottom:6px}thead th,tbody th,td{padding-left:5px;padding-right:5px}}
@media print{main{max-width:none;padding:0}h2{break-after:avoid}}
`
