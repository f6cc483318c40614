/** The page's style: a serif typeface for text, aligned digits for numbers, the Okabe-Ito colours (distinct for colour-blind readers). */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--paper:#fdfdfb;--tint:#f3f4f1;--accent:#0072b2;--single:#0072b2;--several:#009e73;--none:#d55e00;--control:#9a6a00;--reference:#5d6470;--good:#00714f;--bad:#b3470b;--heat:#d55e00}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--paper:#17181b;--tint:#202226;--accent:#56b4e9;--single:#56b4e9;--several:#2fc79b;--none:#f0883e;--control:#e0b43c;--reference:#a3a8b0;--good:#3fcf9f;--bad:#f59a5b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 Charter,'Bitstream Charter','Iowan Old Style','Source Serif 4',Georgia,serif;overflow-wrap:anywhere}
main{max-width:1120px;margin:0 auto;padding:40px 28px 80px}
h1{font-size:2.05rem;line-height:1.15;margin:0 0 6px;letter-spacing:-.012em;text-wrap:balance}
h2{font-size:1.4rem;line-height:1.25;margin:56px 0 8px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:1.12rem;margin:34px 0 6px}
h4{font-size:1rem;margin:26px 0 8px}
h4 small,th small{font-weight:400;color:var(--soft)}
p{margin:8px 0;max-width:68ch}
a{color:inherit;text-decoration-color:var(--line);text-underline-offset:3px}
a:hover{text-decoration-color:currentColor}
.meta,.note,figcaption,caption{color:var(--soft);font-size:.88rem}
.lead{font-size:1.22rem;line-height:1.5;max-width:62ch;margin:22px 0 10px;text-wrap:pretty}
.facts{display:flex;flex-wrap:wrap;gap:1px;margin:28px 0 6px;padding:0;background:var(--line);border:1px solid var(--line);border-radius:6px;overflow:hidden}
.facts div{flex:1 1 22%;background:var(--paper);padding:14px 16px}
.facts dt{font-size:.86rem;color:var(--soft);line-height:1.3;min-height:2.6em}
.facts dd{margin:4px 0 0;font:600 1.75rem/1.1 system-ui,-apple-system,'Segoe UI',sans-serif;font-variant-numeric:tabular-nums}
.facts dd small{display:block;font-weight:400;font-size:.78rem;color:var(--soft);margin-top:5px}
table,svg text,.code,.tag,.verdict,.keys{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}
table{border-collapse:collapse;width:100%;margin:14px 0;font-size:.86rem;line-height:1.35;font-variant-numeric:tabular-nums lining-nums}
caption{text-align:left;padding:0 0 8px;font-family:inherit}
th{text-align:left;font-weight:500}
thead th{vertical-align:bottom;border-bottom:1.5px solid var(--ink);padding:4px 10px 7px;font-weight:600}
thead small{display:block;font-size:.74rem;line-height:1.25;max-width:13em;margin-left:auto}
tbody th,td{padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{padding-left:0}
td:last-child,thead th:last-child{padding-right:0}
.number{text-align:right}
.value{font-weight:500}.sure{font-weight:700}
.range{color:var(--soft);font-size:.78rem;white-space:nowrap;display:inline-block;min-width:6.4em}
.absent{color:var(--soft)}
.band th{padding:16px 0 5px;color:var(--soft);font-size:.78rem;font-weight:600;border-bottom:1px solid var(--line)}
.best th,.best td{background:var(--tint)}
.who{display:flex;gap:8px}
.code{flex:none;width:2.9em;color:var(--soft);font-size:.76rem;line-height:1.6;letter-spacing:.02em}
.tag{font-size:.7rem;font-weight:600;color:var(--good);white-space:nowrap;margin-left:4px}
.whisker{display:block;position:relative;height:7px;margin-top:2px;width:84px;margin-left:auto;border-bottom:1px solid var(--line)}
.whisker i{position:absolute;top:3px;height:2px;min-width:1px;background:var(--soft)}
.whisker b{position:absolute;top:1px;width:6px;height:6px;margin-left:-3px;border-radius:50%;background:var(--accent)}
.sortable.active thead th{cursor:pointer}
.sortable.active thead th:hover{color:var(--accent)}
th[aria-sort=ascending]::after{content:' \\2191'}th[aria-sort=descending]::after{content:' \\2193'}
.figure{display:grid;grid-template-columns:minmax(0,1fr) 250px;gap:26px;align-items:start;margin:16px 0}
.plane{width:100%;max-width:660px;height:auto;display:block}
.plane text{fill:var(--ink);font-size:11.5px}
.plane .tick,.plane .contour-label{fill:var(--soft);font-size:10.5px}
.plane .contour-label{text-anchor:end}
.plane .axis{fill:var(--soft);font-size:12px}
.plane .label{font-size:11px;font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.frame{fill:none;stroke:var(--line)}
.contour{fill:none;stroke:var(--line);stroke-dasharray:3 4}
.leader{stroke:var(--soft);stroke-width:.7;fill:none}
.bar{fill:none;stroke-width:1;opacity:.55}
.bar.reference{stroke:var(--reference)}.bar.none{stroke:var(--none)}.bar.single{stroke:var(--single)}.bar.several{stroke:var(--several)}.bar.control{stroke:var(--control)}
.mark.reference{fill:var(--reference)}.mark.none{fill:none;stroke:var(--none);stroke-width:3}.mark.single{fill:var(--single)}.mark.several{fill:var(--several)}.mark.control{fill:var(--paper);stroke:var(--control);stroke-width:1.8}
.keys{font-size:.83rem;margin:0;padding:0;list-style:none}
.keys li{padding:3px 0;display:flex;gap:9px;align-items:baseline}
.keys svg{width:14px;height:14px;flex:none;align-self:center}
.keys b{min-width:2.4em;font-weight:600}
.keys hr{width:100%;border:0;border-top:1px solid var(--line);margin:6px 0}
.matrix td{background:color-mix(in srgb,var(--heat-colour,var(--none)) calc(var(--heat)*34%),transparent)}
.matrix td:last-child,.matrix thead th:last-child{padding-right:10px}
.matrix small{color:var(--soft);margin-left:.5em}
.cards{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:14px}
.card{border:1px solid var(--line);border-radius:6px;padding:12px 14px;font-size:.92rem;line-height:1.42}
.prompt{margin:0 0 8px;font-style:italic}
.card dl{margin:0}.answer{border-top:1px solid var(--line);padding:7px 0 0;margin-top:7px}
.answer dt{font:500 .78rem/1.4 system-ui,-apple-system,'Segoe UI',sans-serif;color:var(--soft)}
.answer dd{margin:2px 0 0}
.verdict{font-weight:650;font-size:.76rem;margin-left:4px}.verdict.good{color:var(--good)}.verdict.bad{color:var(--bad)}
.verdict.good::before{content:'\\2713\\00a0'}.verdict.bad::before{content:'\\2717\\00a0'}
.failed,.warning{border-left:3px solid var(--bad);padding:4px 0 4px 14px;margin:20px 0}
dl.stamp{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 22px;font-size:.86rem}
dl.stamp dt{color:var(--soft)}dl.stamp dd{margin:0}
code,pre{font:.84em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{white-space:pre-wrap;background:var(--tint);padding:14px 16px;border-radius:6px;margin:10px 0}
summary{cursor:pointer;color:var(--soft)}
.numbers tbody th{min-width:10em}
@media (max-width:1180px){.numbers .whisker{display:none}.numbers .range{display:block;min-width:0}.numbers td,.numbers th{padding-left:5px;padding-right:5px}.numbers thead th{font-size:.8rem}.numbers .code{display:none}.numbers tbody th{min-width:6.5em}}
@media (max-width:900px){.figure{grid-template-columns:minmax(0,1fr)}.cards{grid-template-columns:minmax(0,1fr)}.facts div{flex-basis:45%}.keys{columns:2;column-gap:20px}.keys hr{display:none}}
@media (max-width:980px){
main{padding:26px 16px 60px}h1{font-size:1.6rem}.lead{font-size:1.08rem}
.numbers,.numbers tbody,.numbers tr,.numbers th,.numbers td,.numbers caption{display:block;width:100%}
.numbers thead{display:none}
.numbers tr{padding:10px 0;border-bottom:1px solid var(--line)}
.numbers tr.band{padding:18px 0 0}
.numbers tbody th,.numbers td{border:0;padding:2px 0}
.numbers tbody tr:not(.band) th{font-weight:600;padding-bottom:4px}
.numbers td{display:grid;grid-template-columns:minmax(0,1fr) auto 7.4em;gap:8px;align-items:baseline;text-align:right}
.numbers td::before{content:attr(data-label);text-align:left;color:var(--soft)}
.numbers td.absent{display:none}
.numbers .whisker{display:none}
.numbers td:not(:has(.range)){grid-template-columns:minmax(0,1fr) auto}
.best th,.best td{background:none}
.matrix{font-size:.76rem}.matrix th,.matrix td{padding:4px 4px}.matrix small{display:block;margin:0}
.code{width:auto}.code:empty{display:none}.plane text,.plane .label{font-size:13.5px}.plane .tick,.plane .contour-label{font-size:12.5px}
dl.stamp{grid-template-columns:minmax(0,1fr);gap:0}dl.stamp dd{margin-bottom:8px}
}
@media (max-width:460px){.keys{columns:1}.facts dd{font-size:1.4rem}}
@media print{main{max-width:none;padding:0}h2{break-after:avoid}tr,.card,.figure{break-inside:avoid}}
`

/** Sorts a table by a column; without scripts the table keeps its order. */
export const script = `
for(const table of document.querySelectorAll('table.sortable')){
  table.classList.add('active');
  const heads=[...table.tHead.rows[0].cells];
  heads.forEach((head,column)=>{
    head.tabIndex=0;
    const sort=()=>{
      const down=head.getAttribute('aria-sort')!=='descending';
      heads.forEach(h=>h.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort',down?'descending':'ascending');
      const value=row=>{const v=row.cells[column].dataset.value??'';return v!==''&&!isNaN(v)?Number(v):v};
      const rows=[...table.querySelectorAll('tbody tr:not(.band)')];
      rows.sort((a,b)=>{const x=value(a),y=value(b);return (x<y?-1:x>y?1:0)*(down?-1:1)});
      const body=document.createElement('tbody');
      body.append(...rows);
      for(const old of [...table.tBodies])old.remove();
      table.append(body);
    };
    head.addEventListener('click',sort);
    head.addEventListener('keydown',e=>{if(e.key==='Enter'||e.key===' '){e.preventDefault();sort()}});
  });
}
`
