/** The style of the labelling page: light and dark, from 400 px on, and a sheet with boxes in print. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--paper:#fdfdfb;--tint:#f3f4f1;--accent:#0b5f8f;--onaccent:#fff;--bad:#b3470b}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--paper:#17181b;--tint:#202226;--accent:#56b4e9;--onaccent:#101114;--bad:#f59a5b}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:860px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:1.4rem;margin:0}
h2{font-size:.82rem;font-weight:600;color:var(--soft);margin:18px 0 4px}
.about{color:var(--soft);font-size:.88rem;margin:4px 0 12px}
.row{display:flex;gap:12px;align-items:center}
progress{flex:1;height:10px;accent-color:var(--accent)}
#count{font-size:.88rem;color:var(--soft);font-variant-numeric:tabular-nums}
article:focus{outline:none}
.text{white-space:pre-wrap;unicode-bidi:isolate;background:var(--tint);border:1px solid var(--line);border-radius:6px;padding:12px 14px;max-height:45vh;overflow:auto}
#prompt{max-height:25vh}
.control{font:.72em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid var(--line);border-radius:3px;padding:0 3px;margin:0 1px;color:var(--soft);unicode-bidi:isolate}
.text:empty::before{content:'(nothing)';color:var(--soft)}
#ask{display:grid;grid-template-columns:1fr 1fr;gap:14px;margin:18px 0 0}
fieldset{border:1px solid var(--line);border-radius:6px;padding:8px 12px 12px;margin:0;display:flex;gap:8px;min-width:0}
fieldset.current{border-color:var(--accent);box-shadow:0 0 0 1px var(--accent)}
legend{font-weight:600;padding:0 6px}
button,.file{font:inherit;font-size:.95rem;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:8px 14px;cursor:pointer}
fieldset button{flex:1}
button:hover{border-color:var(--accent)}
button:focus-visible,input:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
button[aria-pressed=true]{background:var(--accent);color:var(--onaccent);border-color:var(--accent)}
button:disabled{opacity:.45;cursor:default}
button[aria-pressed=true]:disabled{opacity:1}
kbd{font:.78em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid currentColor;border-radius:3px;padding:0 4px;opacity:.75}
nav{display:flex;flex-wrap:wrap;gap:8px;margin:14px 0}
#next{margin-left:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--soft)}
#defence{margin:0 0 6px}
footer{border-top:1px solid var(--line);margin-top:26px;padding-top:14px;display:flex;flex-wrap:wrap;gap:10px;align-items:center;font-size:.9rem}
.file{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
.file input{font:inherit;max-width:100%}
details{flex-basis:100%;color:var(--soft)}
details p{max-width:68ch}
.notice{border-left:3px solid var(--bad);padding:4px 0 4px 12px;margin:12px 0}
#sheet{display:none}
[hidden]{display:none!important}
@media (max-width:560px){main{padding:16px 14px 40px}#ask{grid-template-columns:1fr;gap:10px}.text{max-height:34vh}#next{margin-left:0}nav button{flex:1 1 40%}}
@media print{main{display:none}body{font-size:11pt}#sheet{display:block;padding-left:2em}#sheet li{break-inside:avoid;margin:0 0 1.2em}#sheet div{white-space:pre-wrap;unicode-bidi:isolate}#sheet .boxes{margin-top:.4em}#sheet .who{color:#555}}
`
