/**
 * The style of the page: light and dark, three columns from 900 px on and one below the other before. Who chose a token is told by
 * its underline; colours (Okabe-Ito) only repeat it.
 */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--field:#8a919c;--paper:#fdfdfb;--tint:#f3f4f1;--accent:#0b5f8f;--onaccent:#fff;--bad:#b3470b;--anchor:#b3470b;--anchortint:#fbe6da;--both:#0b5f8f}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--field:#70757e;--paper:#17181b;--tint:#202226;--accent:#56b4e9;--onaccent:#101114;--bad:#f59a5b;--anchor:#f5a56c;--anchortint:#43291a;--both:#56b4e9}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:1400px;margin:0 auto;padding:22px 22px 60px}
h1{font-size:1.5rem;line-height:1.2;margin:0}
h2{font-size:1.05rem;line-height:1.3;margin:0 0 6px}
h2 small{font-weight:400;font-size:.85rem;color:var(--soft)}
.about{color:var(--soft);font-size:.92rem;margin:4px 0 14px}
form{display:grid;gap:12px}
label{display:flex;flex-direction:column;gap:3px;font-size:.88rem;font-weight:600;min-width:0}
label small{font-weight:400;color:var(--soft);font-size:inherit}
textarea,input[type=number],input[type=password],button{font:inherit;font-weight:400;color:var(--ink);background:var(--paper);border:1px solid var(--field);border-radius:6px;padding:7px 10px;min-width:0;max-width:100%}
textarea{font-size:1rem;resize:vertical;width:100%;line-height:1.4}
input[type=number]{width:6.2em;height:2.35rem;font-variant-numeric:tabular-nums}
#alpha{width:5.2em}#seed{width:7.5em}
input:invalid{border-color:var(--bad);box-shadow:0 0 0 1px var(--bad)}
.settings{display:flex;flex-wrap:wrap;gap:12px}
fieldset{display:flex;flex-wrap:wrap;gap:10px 18px;align-items:end;border:1px solid var(--line);border-radius:8px;padding:6px 14px 12px;margin:0;min-width:0}
fieldset:first-child{flex:1 1 34em}
fieldset:last-child{flex:0 1 auto}
legend{font-size:.82rem;color:var(--soft);padding:0 5px}
.alpha{flex:1 1 17em;display:flex;flex-direction:column;gap:3px;min-width:0}
.row{display:flex;gap:8px;align-items:center;font-size:.88rem;color:var(--soft)}
#slider{flex:1 1 6em;min-width:0;height:2.35rem;margin:0;accent-color:var(--accent)}
.check{flex-direction:row;align-items:center;gap:8px;height:2.35rem;font-weight:400}
.check input,summary{accent-color:var(--accent)}
.check input{width:1.1rem;height:1.1rem;margin:0}
.key{max-width:30em}
.buttons{display:flex;flex-wrap:wrap;gap:10px;align-items:center}
button{cursor:pointer;padding:8px 20px}
button:hover{border-color:var(--accent)}
#ask{background:var(--accent);border-color:var(--accent);color:var(--onaccent);font-weight:600}
button:disabled{opacity:.45;cursor:default}
#status{color:var(--soft);font-size:.9rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.notice{border-left:3px solid var(--bad);padding:3px 0 3px 12px;margin:0}
.legend{margin:18px 0 16px;font-size:.9rem}
.legend p{max-width:84ch;margin:8px 0;color:var(--soft)}
.legend p :is(b,.draft){color:var(--ink)}
summary{cursor:pointer}
summary span{margin:0 .5em 0 .3em;white-space:nowrap}
.anchor,.both{text-underline-offset:4px;text-decoration-skip-ink:none}
.anchor{background:var(--anchortint);text-decoration:underline double 2px var(--anchor);border-radius:2px}
.both{text-decoration:underline dotted 2px var(--both)}
.text :is(.anchor,.both)+:is(.anchor,.both){margin-left:2px}
.columns{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:16px;align-items:start}
.column{min-width:0;border:1px solid var(--line);border-top:3px solid var(--soft);border-radius:8px;padding:12px 14px 10px}
#mixed{border-top-color:var(--both)}
#anchor{border-top-color:var(--anchor)}
.text{white-space:pre-wrap;unicode-bidi:isolate;background:var(--tint);border-radius:6px;padding:10px 12px;line-height:1.75;min-height:3.6em;max-height:32em;overflow:auto}
.text.nothing::before{content:'(nothing)';color:var(--soft)}
.text.waiting::before{content:'waiting for the first token';color:var(--soft)}
.column .notice{margin-top:8px;font-size:.92rem}
.facts{color:var(--soft);font-size:.86rem;margin:6px 0 0;min-height:1.5em}
.control{font:.72em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid var(--line);border-radius:3px;padding:0 3px;margin:0 1px;color:var(--soft);unicode-bidi:isolate}
dl{display:flex;flex-wrap:wrap;gap:8px 12px;margin:10px 0}
dt{font-size:.78rem;color:var(--soft)}
dd{margin:0;font-variant-numeric:tabular-nums}
#beamsbox{font-size:.92rem;border-top:1px solid var(--line);padding-top:8px}
#beamlist{margin:6px 0 0;padding-left:1.6em}
#beamlist li{margin:0 0 10px}
#beamlist .facts{margin:0;min-height:0}
#beamlist .chosen .facts{font-weight:600;color:var(--ink)}
#beamlist .text{max-height:14em;min-height:0;line-height:1.5}
kbd{font:.8em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid currentColor;border-radius:3px;padding:0 4px;opacity:.8}
[hidden]{display:none!important}
@media (max-width:899px){
main{padding:16px 14px 40px}
.columns{grid-template-columns:minmax(0,1fr)}
.text{max-height:22em}
fieldset{flex:1 1 100%!important;gap:10px 14px}
.alpha{flex-basis:100%}
summary span{white-space:normal}
}
`
