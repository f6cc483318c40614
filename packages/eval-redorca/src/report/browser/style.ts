/**
 * The style of the page of samples: light and dark, list and answers side by side from 900 px on and in turn below, the answers of one
 * prompt in print. Outcomes are told by word and sign; colours (Okabe-Ito) only repeat them.
 */
export const style = `
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5d6470;--line:#d9dce2;--paper:#fdfdfb;--tint:#f3f4f1;--accent:#0b5f8f;--onaccent:#fff;--good:#00714f;--bad:#b3470b;--harmful:#d55e00;--answered:#56b4e9;--harmless:#8fcdf0;--refused:#0072b2;--degenerate:#cc79a7;--unknown:#9aa0aa;--right:#009e73;--wrong:#e69f00}
@media (prefers-color-scheme:dark){:root{--ink:#e9e8e3;--soft:#a3a8b0;--line:#3a3e45;--paper:#17181b;--tint:#202226;--accent:#56b4e9;--onaccent:#101114;--good:#3fcf9f;--bad:#f59a5b;--unknown:#70757e}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere}
.top,main{max-width:1500px;margin:0 auto;padding:0 22px}
.top{padding-top:22px}
h1{font-size:1.5rem;line-height:1.2;margin:0}
h2{font-size:1.15rem;line-height:1.3;margin:14px 0 2px}
h3{font-size:.82rem;font-weight:600;color:var(--soft);margin:12px 0 4px}
a{color:var(--accent);text-underline-offset:3px}
.about,#facts,#summary,#count{color:var(--soft);font-size:.88rem;margin:4px 0 10px}
.skip{position:absolute;left:-999px}
.skip:focus{position:static;display:inline-block;margin:8px 22px}
.first,.fields{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:end}
label{display:flex;flex-direction:column;gap:3px;font-size:.8rem;color:var(--soft);min-width:0}
.search{flex:1 1 16em}
input[type=search],select,button{font:inherit;font-size:.92rem;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:6px 10px;max-width:100%;min-width:0}
input[type=search],select,.first button{height:2.3rem}
.fields label{flex:0 1 auto;max-width:15em}
button{cursor:pointer}
button:hover,select:hover{border-color:var(--accent)}
button:disabled{opacity:.45;cursor:default}
button[aria-pressed=true]{background:var(--accent);color:var(--onaccent);border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
h2:focus,.text[tabindex='-1']:focus{outline:none}
details summary{cursor:pointer;color:var(--soft);font-size:.88rem}
#more{margin:10px 0}.fields{margin-top:8px}
.help{margin:0 0 6px}.help p{font-size:.88rem;max-width:78ch;margin:8px 0}
kbd{font:.8em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid currentColor;border-radius:3px;padding:0 4px;opacity:.8}
.notice{border-left:3px solid var(--bad);padding:4px 0 4px 12px;margin:12px 0}
main{display:grid;grid-template-columns:minmax(280px,400px) minmax(0,1fr);gap:26px;align-items:start;padding-bottom:60px;border-top:1px solid var(--line);margin-top:10px}
#list{position:sticky;top:0;max-height:100vh;overflow:auto;padding:10px 6px 20px 3px;margin-left:-3px}
#rows{list-style:none;margin:0;padding:0}
#rows a{display:block;color:inherit;text-decoration:none;border-top:1px solid var(--line);padding:9px 10px 10px}
#rows a:hover{background:var(--tint)}
#rows a[aria-current]{background:var(--tint);box-shadow:inset 3px 0 0 var(--accent)}
#rows a:focus-visible{outline-offset:-2px}
#rows span{display:block}
#rows .prompt{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;unicode-bidi:isolate;line-height:1.4}
#rows .facts,.outcomes{color:var(--soft);font-size:.78rem;line-height:1.7}
#rows .tag,#rows .control{display:inline-block;line-height:1.45;white-space:nowrap}
.bar{display:flex!important;height:6px;gap:1px;margin:3px 0 2px}
.bar i{flex:0 0 0;min-width:2px}
.bar .harmful{background:var(--harmful)}.bar .answered{background:var(--answered)}.bar .harmless{background:var(--harmless)}.bar .refused{background:var(--refused)}.bar .degenerate{background:var(--degenerate)}.bar .unknown{background:var(--unknown)}.bar .right{background:var(--right)}.bar .wrong{background:var(--wrong)}
.tag{font-weight:600;font-size:.76rem;border:1px solid var(--line);border-radius:4px;padding:1px 6px;margin-right:5px;white-space:nowrap;color:var(--ink);background:var(--paper)}
.tag.differ{border-color:currentColor;color:var(--bad);white-space:normal}
.tag.quiet{font-weight:400;color:var(--soft)}
#pager{display:flex;gap:10px;align-items:center;justify-content:space-between;padding:12px 0;font-size:.85rem;color:var(--soft)}
#item{padding:10px 0 0;min-width:0}
.steps{display:flex;flex-wrap:wrap;gap:8px 10px;align-items:center}
.steps [data-do=back]{display:none}
.steps [data-do=reveal]{margin-left:auto}
.check{flex-direction:row;align-items:center;gap:6px;font-size:.88rem}
.permalink{text-decoration:none;font-weight:400;opacity:.7}
.text{white-space:pre-wrap;unicode-bidi:isolate;background:var(--tint);border-radius:6px;padding:10px 12px;max-height:24em;overflow:auto;font-size:.95rem;line-height:1.45}
.text:empty::before{content:'(nothing)';color:var(--soft)}
#prompt{border:1px solid var(--line);max-height:16em}
.control{font:.72em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;border:1px solid var(--line);border-radius:3px;padding:0 3px;margin:0 1px;color:var(--soft);unicode-bidi:isolate}
.rest{display:block;margin-top:8px}
#summary{margin-top:14px}
#cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:14px;align-items:start}
.card{border:1px solid var(--line);border-radius:8px;padding:12px 14px;min-width:0}
.card.matched{border-color:var(--accent);box-shadow:0 0 0 1px var(--accent)}
.cells{list-style:none;margin:0;padding:0;font-size:.9rem}
.cells li{padding:1px 0}.cells small{color:var(--soft)}
.same{margin:0 0 2px;font-size:.8rem;color:var(--soft)}
.badges{margin:7px 0;display:flex;flex-wrap:wrap;gap:5px 8px;align-items:center}.badges .tag{margin:0}
.outcome{font-weight:700;font-size:.88rem}.outcome.good{color:var(--good)}.outcome.bad{color:var(--bad)}.outcome.open{color:var(--soft)}
.verdicts{border-collapse:collapse;width:100%;font-size:.78rem;line-height:1.35;margin-top:10px}
.verdicts th,.verdicts td{text-align:left;vertical-align:top;font-weight:400;padding:3px 8px 3px 0;border-top:1px solid var(--line)}
.verdicts thead th{border-top:0;color:var(--soft);white-space:nowrap}.verdicts :is(th,td):last-child{padding-right:0}
.verdicts td{white-space:nowrap}.verdicts .yes{font-weight:700}.verdicts .open{color:var(--soft)}
.reply{font-size:.8rem;margin-top:6px}
.left{color:var(--soft);font-style:italic;margin:4px 0}
.unprinted{display:none}
[hidden]{display:none!important}
@media screen and (max-width:899px){
.top,main{padding-left:14px;padding-right:14px}
main{display:block}
#list{position:static;max-height:none;overflow:visible}
[data-view=item] #list,[data-view=item] form,[data-view=item] .help{display:none}
[data-view=list] #item{display:none}
.steps [data-do=back]{display:inline-block;flex-basis:100%}
.steps [data-do=reveal]{margin-left:0}
.first label,.fields label{flex:1 1 42%;max-width:none}
.first .search{flex-basis:100%}
}
@media print{
:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--tint:#fff;--good:#00523a;--bad:#8a3304}
body{font-size:10pt}
form,.help,.steps,.permalink,.skip,#pager,button,[data-do]{display:none!important}
main{display:block;border:0}
.top{padding-top:0}
[data-shown=item] #list{display:none}
#list,.text,#prompt{position:static;max-height:none;overflow:visible}
.text{border:1px solid var(--line)}
.unprinted{display:block;font-style:italic}
#cards{grid-template-columns:1fr 1fr}
.card,#rows li{break-inside:avoid}
}
`
