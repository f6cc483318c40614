/** The style of the page: Okabe-Ito colours (distinct for colour-blind readers), light and dark, down to 400 pixels. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--paper:#fdfdfb;--tint:#f3f4f1;--wanted:#e6f2ec;--mixed:#0072b2;--other:#b3470b;--best:#00714f}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--paper:#17181b;--tint:#202226;--wanted:#1c2a25;--mixed:#56b4e9;--other:#f0883e;--best:#2fc79b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Charter,'Bitstream Charter','Iowan Old Style','Source Serif 4',Georgia,serif;overflow-wrap:anywhere}
main{max-width:1080px;margin:0 auto;padding:36px 28px 72px}
h1{font-size:1.9rem;line-height:1.15;margin:0 0 6px;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.25;margin:44px 0 8px;padding-top:14px;border-top:1px solid var(--line)}
p{margin:8px 0;max-width:68ch}
.meta,figcaption,caption{color:var(--soft);font-size:.88rem}
.lead{font-size:1.15rem;line-height:1.5;max-width:62ch;margin:18px 0 10px}
.note{border-left:3px solid var(--other);padding:4px 0 4px 14px;margin:14px 0}
figure{margin:22px 0}
figure svg{width:100%;max-width:680px;height:auto;display:block}
figcaption{max-width:68ch;margin-top:6px}
table,svg text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
svg text{fill:var(--soft);font-size:13px}
svg .label{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.grid{stroke:var(--line);stroke-width:.6;fill:none}
.wanted{fill:var(--wanted)}
.bar{stroke:var(--soft);stroke-width:1.1;opacity:.6;fill:none}.bar.beaten{opacity:.22}
.front{fill:none;stroke:var(--ink);stroke-width:1.6;stroke-dasharray:5 4}
.mark.alignbeam{fill:var(--mixed);stroke:var(--paper)}
.mark.alignbeam.beaten{opacity:.4}
.mark.anchor,.mark.prefix{fill:var(--other);stroke:var(--paper)}
.mark.draft{fill:none;stroke:var(--other);stroke-width:2.6}
.ring{fill:none;stroke:var(--best);stroke-width:2.6}
table{border-collapse:collapse;width:100%;margin:14px 0;font-size:.86rem;line-height:1.4;font-variant-numeric:tabular-nums lining-nums}
caption{text-align:left;padding:0 0 8px}
th{text-align:left;font-weight:500}
thead th{vertical-align:bottom;border-bottom:1.5px solid var(--ink);padding:4px 9px 7px;font-weight:600;overflow-wrap:normal}
tbody th,td{padding:6px 9px;border-bottom:1px solid var(--line);vertical-align:top}
tbody th{min-width:10.5em;overflow-wrap:normal}
.number{text-align:right}
.place{color:var(--soft)}
.range{color:var(--soft);font-size:.79rem;white-space:nowrap;display:block}
.best th,.best td{background:var(--tint)}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 22px;font-size:.87rem}
dt{color:var(--soft)}dd{margin:0}
@media (max-width:760px){
main{padding:24px 16px 56px}h1{font-size:1.5rem}svg text{font-size:19px}
table,tbody,tr,th,td,caption{display:block;width:100%}thead{display:none}
tr{padding:10px 0;border-bottom:1px solid var(--line)}
tbody th,td{border:0;padding:2px 0}tbody th{font-weight:600}
td::before{content:attr(data-label);float:left;margin-right:10px;color:var(--soft)}
td.place{float:left;width:auto;margin-right:8px}td.place::before{content:none}
.range{display:inline;margin-left:6px}.best th,.best td{background:none}.best{box-shadow:-4px 0 0 var(--best)}
dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:8px}
}
@media print{main{max-width:none;padding:0}tr,figure{break-inside:avoid}}
`
