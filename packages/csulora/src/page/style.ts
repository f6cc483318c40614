/** The page's style: light and dark, the Okabe-Ito colours (distinct for colour-blind readers), one column on a narrow screen. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--paper:#fdfdfb;--tint:#f3f4f1;--LR:#0072b2;--Lp:#2a9d8f;--pR:#b8860b;--pp:#d55e00}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--paper:#17181b;--tint:#202226;--LR:#56b4e9;--Lp:#2fc79b;--pR:#e0b43c;--pp:#f0883e}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:1080px;margin:0 auto;padding:36px 28px 72px}
h1{font-size:1.8rem;line-height:1.2;margin:0 0 6px}
h2{font-size:1.25rem;margin:44px 0 8px;padding-top:12px;border-top:1px solid var(--line)}
p{margin:8px 0;max-width:72ch}
figcaption{color:var(--soft);font-size:.88rem}
.keys{display:flex;flex-wrap:wrap;gap:4px 20px;margin:12px 0;padding:0;list-style:none;font-size:.86rem}
.keys i{display:inline-block;width:12px;height:12px;margin-right:6px;border-radius:2px;vertical-align:-1px}
.keys .chance{background:none;border-left:2px solid var(--ink);border-radius:0;width:6px}
.k-LR{background:var(--LR)}.k-Lp{background:var(--Lp)}.k-pR{background:var(--pR)}.k-pp{background:var(--pp)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;margin:22px 0;background:var(--line);border:1px solid var(--line);border-radius:6px;overflow:hidden}
.facts div{background:var(--paper);padding:12px 14px}
.facts dt{font-size:.82rem;color:var(--soft);line-height:1.3}
.facts dd{margin:4px 0 0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums}
.modules{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:14px;margin:16px 0}
figure{margin:0;border:1px solid var(--line);border-radius:6px;padding:12px 14px}
figure h3{font:600 .86rem/1.35 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:0 0 2px}
figure svg{display:block;width:100%;height:auto;margin:8px 0 4px}
svg text{fill:var(--ink);font-size:11px;font-variant-numeric:tabular-nums}
svg .weight{fill:var(--soft)}
svg .track{fill:var(--tint)}
svg .b-LR{fill:var(--LR)}svg .b-Lp{fill:var(--Lp)}svg .b-pR{fill:var(--pR)}svg .b-pp{fill:var(--pp)}
svg .before{opacity:.38}
svg .chance{stroke:var(--ink);stroke-width:1.6}
dl.options{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 20px;font-size:.88rem}
dl.options dt{color:var(--soft)}dl.options dd{margin:0}
@media (max-width:460px){main{padding:22px 14px 48px}h1{font-size:1.45rem}.modules{grid-template-columns:minmax(0,1fr)}dl.options{grid-template-columns:minmax(0,1fr)}dl.options dd{margin-bottom:6px}}
@media print{main{max-width:none;padding:0}figure{break-inside:avoid}}
`
