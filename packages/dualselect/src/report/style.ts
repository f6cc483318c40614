/** The style of the pages: Okabe-Ito colours (distinct for colour-blind readers), light and dark, down to 400 pixels. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--paper:#fdfdfb;--tint:#f3f4f1;--first:#0072b2;--second:#b3470b;--third:#00714f;--fourth:#7a5195}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--paper:#17181b;--tint:#202226;--first:#56b4e9;--second:#f0883e;--third:#2fc79b;--fourth:#c9a0dc}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Charter,'Bitstream Charter','Iowan Old Style','Source Serif 4',Georgia,serif;overflow-wrap:anywhere}
main{max-width:1080px;margin:0 auto;padding:36px 28px 72px}
h1{font-size:1.9rem;line-height:1.15;margin:0 0 6px;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.25;margin:48px 0 8px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:1.02rem;margin:0 0 4px}
p{margin:8px 0;max-width:68ch}
.meta,figcaption,caption{color:var(--soft);font-size:.88rem}
.lead{font-size:1.15rem;line-height:1.5;max-width:62ch;margin:18px 0 10px}
.facts{display:flex;flex-wrap:wrap;gap:1px;margin:24px 0 6px;padding:0;background:var(--line);border:1px solid var(--line);border-radius:6px;overflow:hidden}
.facts div{flex:1 1 22%;background:var(--paper);padding:12px 16px}
.facts dt{font-size:.84rem;color:var(--soft);line-height:1.3}
.facts dd{margin:4px 0 0;font:600 1.5rem/1.1 system-ui,-apple-system,'Segoe UI',sans-serif;font-variant-numeric:tabular-nums}
.figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:30px 34px;margin:18px 0}
figure{margin:0}
figure svg{width:100%;height:auto;display:block;max-width:560px}
figure.wide{margin:22px 0}figure.wide svg{max-width:760px}
table,svg text,.key{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
svg text{fill:var(--soft);font-size:12px}
.frame{fill:none;stroke:var(--line)}
.grid{stroke:var(--line);stroke-width:.6}
.curve{fill:none;stroke-width:2}.point{stroke:none}.bar{stroke-width:1.2;opacity:.7}
.first{stroke:var(--first)}.second{stroke:var(--second);stroke-dasharray:6 3}.third{stroke:var(--third);stroke-dasharray:2 3}.fourth{stroke:var(--fourth);stroke-dasharray:9 3 2 3}
.point.first{fill:var(--first)}.point.second{fill:var(--second)}.point.third{fill:var(--third)}.point.fourth{fill:var(--fourth)}
.bar.first,.bar.second,.bar.third,.bar.fourth{stroke-dasharray:none}
.cell{fill:var(--first)}
.key{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;margin:4px 0 0;padding:0;font-size:.83rem}
.key li{display:flex;gap:7px;align-items:center}
.key svg{width:26px;height:8px;flex:none}
table{border-collapse:collapse;width:100%;margin:14px 0;font-size:.87rem;line-height:1.4;font-variant-numeric:tabular-nums lining-nums}
caption{text-align:left;padding:0 0 8px}
th{text-align:left;font-weight:500}
thead th{vertical-align:bottom;border-bottom:1.5px solid var(--ink);padding:4px 10px 7px;font-weight:600}
tbody th,td{padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{padding-left:0}
.number{text-align:right}
.range{color:var(--soft);font-size:.8rem;white-space:nowrap;display:block}
.best th,.best td{background:var(--tint)}
.note{border-left:3px solid var(--second);padding:4px 0 4px 14px;margin:18px 0}
dl.setup{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 22px;font-size:.87rem}
dl.setup dt{color:var(--soft)}dl.setup dd{margin:0}
@media (max-width:760px){
main{padding:24px 16px 56px}h1{font-size:1.5rem}.figures{grid-template-columns:minmax(0,1fr)}.facts div{flex-basis:45%}.facts dd{font-size:1.25rem}
table,tbody,tr,th,td,caption{display:block;width:100%}thead{display:none}
tr{padding:10px 0;border-bottom:1px solid var(--line)}
tbody th,td{border:0;padding:2px 0}tbody th{font-weight:600}
td{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:10px;text-align:right}
td::before{content:attr(data-label);text-align:left;color:var(--soft)}
td.text{display:block;text-align:left}td.text::before{content:none}
.range{display:inline;margin-left:6px}.best th,.best td{background:none}
dl.setup{grid-template-columns:minmax(0,1fr);gap:0}dl.setup dd{margin-bottom:8px}
}
@media print{main{max-width:none;padding:0}tr,figure{break-inside:avoid}}
`
