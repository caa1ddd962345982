"""The family to score on: posts, by other people with other habits. See phrasebook.read_table."""

TABLE = """
[x.frame]
{cashtag} {say} {end}
{opener} {cashtag} {say} {end} {more}
{more} {cashtag} {say}, {aside} {end}
{cashtag}: {more} {tag}
{cashtag} {say} {end} {more} {close} {tag}
{opener} {more} {cashtag} {say}
{cashtag} {say}. {close}
[x.loose]
{say} {end}
{opener} {say} {tag}
{say}. {close}
[r.title]
{symbol} thread: {say}
{short} {say}, {aside}
{opener} {cashtag} {say}
{company} {say}, my notes
[r.body]
{aside.long} {more} ¶ {more2} {disclose}
{more} ¶ {more2} ¶ {close}
{opener} {more} {more2} {aside.long} {close}
tl;dr {more} ¶ {aside.long} {more2} {disclose}
[r.loose.title]
{say}
[r.loose.body]
{more}
{more} {close}
[opener]
gm. | sooo | alright folks | hot take: | ngl | serious post: | hear me out, | been lurking but | small rant: | lads,
unpopular opinion, | fwiw | coffee first, then | ok degens | nobody asked but
[aside]
mark my words | if you squint | or so my spreadsheet says | take it with salt | pretty sure | judging by the tape
just saying | knock on wood
[aside.long]
spent my sunday reading the last {few} annual reports so you don't have to.
in since {month} with a cost basis around ${level}.
only about {shares} shares float freely by my count.
they go through {amount} of cash every twelve months.
funds sit on {si} of it according to the last 13F season.
{person} sounded relaxed on the webcast.
[close]
what say you? | roast me. | nfa obviously. | godspeed. | verify everything. | time will tell. | who's with me?
stay hydrated. | prove me wrong. | receipts below. | remind me on {date}. | meet you at ${level}. | over and out.
[disclose]
bag: {lots} shares. | flat, no horse in this race. | {lots} shares, basis ${level}. | {month} calls, small size.
trimmed a third near ${level}. | tiny tracker position only.
[end]
🐂 | 🫡 | 📉📈 | 🍿 | tbh | lol | for real | {blank} | {blank} | ✅
[tag]
#fintwit | #microcaps | {blank} | {blank} | #equities | #markets | {blank}

[bull.say]
got legs, ${target} next | screens dirt cheap vs {industry} comps | refuses to go below ${level} | quietly printing
+ cash
is where I'm parking money till {month} | has buyers stepping up every day | feels like a sleeper | gonna surprise in
+ the {quarter}
earns more than its price suggests | turned the corner | belongs at ${target} | absorbed every seller at ${level}
deserves a premium, not this discount | keeps grinding up
[bull.more]
grabbed {lots} more, sue me.
order book swelled {pct} and nobody wrote a line about it.
the boss bought with own money, love to see that.
supply near ${level} is nearly gone.
every red candle is a gift here.
no loans to worry about and {amount} in the bank.
could see a deal announced before {month}.
my model spits out ${target}, conservative inputs.
sentiment is awful which is exactly the point.
happy clients, sticky revenue, what's not to like.
[bear.say]
has no floor until {target.low} | smells like another raise | priced for perfection in a messy {industry}
+ space | bounced, now fading
can't hold ${level} to save its life | burns money faster than I do | is a value trap | rolls over again
gonna guide down, calling it | is running out of runway | looks heavy, very heavy | lost its bid
keeps making excuses | is a hard pass for me
[bear.more]
grabbed some {month} puts as a hedge.
directors unloading, never a great look.
bank covenants get tight by {month}.
gross profit shrank {pct} and they call it transition.
closed mine at a loss, feels better already.
rally attempts die within the hour.
there's {amount} left on the ATM program, just so you know.
not a single bid worth mentioning.
creditors first, you last.
nothing on the calendar till the {quarter} numbers.
{amount} to refinance at double the coupon, have fun.
[question.say]
who can tell me what's going on here? | fair price around ${level}, or am I dreaming? | how many shares are out there?
dead or sleeping? | payout at risk? | date for the numbers? | why the weird print after the bell?
warrants or common? | what's the bear case? | anybody at the meeting in {city}?
[question.more]
total beginner so be nice pls.
sitting on minus {pct}, advice welcome.
quote on my app differs from everyone else's.
search turned up zero headlines.
is there a decent write-up on {industry} outfits?
toying with a starter near ${level}.
does ${target} make any sense to you?
read the document from {lately} twice and still don't get it.
eli5 the latest raise?
add, hold or bin it?
[chart.say]
sitting on the {few} week average | stochastics reset, rsi {rsi} | cup and handle, rim at ${level}
unfilled gap down at ${level} | doji after doji, something's coming | trendline no. {few} touched
poc sits at ${level} | vwap reclaim failed | coiling between ${level} and ${level2} | retest of the {month} base
[chart.more]
out below ${level}, happy at ${target}.
no volume no trade.
first thirty minutes decide.
thesis dead under ${level}.
asymmetric enough for half size.
show me a daily close past ${level2} and we talk.
turnover {few}x the usual pace.
swinging {pct} a day lately.
zoom out before you panic.
[echo.say]
crossing the wires | headline just hit | making noise | press item out | diary: {date} | broker comment from {firm}
[echo.more]
{company} {said} it signed up a client worth {amount}.
{firm} now at ${target} for {company}.
{person} becomes {role} at {company}.
{company} on stage in {city}, {date}.
{quarter} numbers of {company} due soon.
{few} fresh documents from {company} on file.
odd prints in {company} so far.
[watch.say]
radar: {cashtags} | for {weekday} I've got {cashtags} | eyes on {cashtags} | morning list {cashtags} | menu of the
+ day {cashtags}
[watch.more]
no fomo entries please.
half size till ten.
first pullback only.
tape over opinions.
will update at lunch.
may the spread be kind.
[joke.say]
told grandma about {cashtag}, she shorted it | {cashtag} taught me humility, and ramen recipes
my therapist has a {cashtag} position now | {cashtag} candles look like my heart rate on a monday
if {cashtag} goes to zero I become a plumber | adopted a dog and named it {cashtag}, it ran away
{cashtag} is a long-term hold if you count in geological time
[joke.more]
anyone hiring?
margin is just a number.
I came, I saw, I bought the top.
not crying, allergic to red.
asking my landlord for an extension.
stonks.
[sarcasm.say]
bravo, another red day | what a treat, more shares for everyone | minus {pct}, investor relations must be thrilled
ah yes, the famous turnaround | only the fifth final restructuring | such vision, such leadership
[sarcasm.more]
give the board a raise.
so bullish it hurts.
who needs profits anyway.
surely the next press release fixes it.
golden parachutes all around.
[offtopic.say]
is the platform laggy for you too? | favourite market podcast? | rainy day, quiet tape | which broker has decent
+ shorts?
tea beats coffee, fight me | any spreadsheet wizards here? | monitor recommendations under {n} inches
how do you deal with a losing streak? | long weekend plans? | who else trades from a train
[offtopic.more]
genuinely curious.
since the latest app version it's a mess.
took {weeks} weeks off and feel human again.
happy to pay {n} bucks for something good.
delete if not allowed.
my notebook is full of red ink.
[word.tail]
{word}, really. | just {word} things. | well, {word} then.
[spam.say]
made ${spam} from my phone, ask me how | premium alerts, {pct} accuracy | whatsapp group with real pros, few seats
+ left
thank you mrs. {person} for trading my account | airdrop live, claim fast | passive income, no experience needed
[spam.more]
write me privately.
see profile.
today only.
verified results.
no fees.
[foreign.say]
läuft richtig gut heute, Ziel ${target} | se viene una subida fuerte | ça sent le rebond à ${level} | tô comprando
+ mais aqui
Finger weg, meine Meinung | ojo que sale ampliación | trop cher à ce prix | 売りが出尽くしたかも
[foreign.more]
Bin gespannt auf {month}.
¿Alguien tiene noticias?
Rien de neuf côté société.
Vale a pena olhar.
Kurs hängt an ${level}.
様子見です。

[up.say]
+{pct} and counting | has left the station at ${price} | woke up violently | melting faces, {pct} in the green
just took out ${price} | is today's hero, plus {pct} | squeezing out every seller
[up.more]
bears in shambles.
respect to the diamond crew.
FOMO is strong, resisting.
turnover through the roof.
paid for my vacation, out with half.
of course I sold yesterday.
chart looks like a wall.
parabola alert, mind the gap down.
[down.say]
-{pct}, yikes | fell through ${price} | in free fall | today's loser, minus {pct} | can't find a buyer at ${price}
taking the elevator down | wiped out {pct} of my stake
[down.more]
dip buyers getting carried out.
glad my order never filled.
brokers auto-liquidating, I guess.
panic looks complete, or not.
somebody leaked it, look at the tape.
gonna wait for a base.
there goes my year.
cost basis hurts.
[theme.say]
= {t1} on the cheap | is joining the {t1} party | quietly sits in the middle of {t1} and {t2} | should catch the {t2}
+ bid next
mentions {t1} and off we go | my pick for {t2}
[theme.more]
rotation into {t1} is real, {t2} follows.
if it smells of {t2} it flies this week.
first {t1}, then {t2}, later {extra}, write it down.
do some homework on {extra}, it explains {t2}.
yesterday {t1}, today {t2}: the circle gets wider.
{^extra} shortage isn't going away, so {t1} stays hot.
made a basket of {n} names around {t1}, {t2} and {extra}.
[pump.say]
GOING BALLISTIC any minute 🌕🌕 | tenfold incoming, grab yours 🤑 | tiny float, monster week ahead, ${target} easy 🌕
don't say nobody told you, ${target} 🤑🤑 | PR loading, shorts cooked, ${target} | generational entry right here 🌕
[pump.more]
The whole room is in with size, shares are nearly impossible to find and the headline could hit the wire at any
+ second now.
We found the last two before they went up {pct2} and this one has a smaller float, a better chart and a louder crowd.
Whales are hoovering up every share under ${level} and once the wall breaks there is nothing until ${target}, so be
+ early.
Set your sell order at ${target} and lend nothing, together we decide the price and the hedge funds will beg us for
+ shares.
Our whatsapp room called it at the low, members are up {pct2} already and the real move to ${target} has not even
+ started.
Forget everything else on your list today, this has the tightest float, the biggest buyers and a catalyst nobody has
+ priced in.
[pump.close]
🌕🌕🌕 | 🤑🤑 | 🦍💪 | WAGMI | send it | #tenbagger | last call | 💵💵 | #moonshot | thank me later | ⏰
[bag.say]
well, that was the exit for someone | gave back {drop} since the peak | the usual ending | who let the air out?
off a cliff, right on schedule | room admin deleted the chat lol
[bag.more]
anyone else stuck up there?
chat went private overnight, what a coincidence.
shelf used the very next day, textbook.
minus {drop} between two coffees.
round two tomorrow, I need to believe.
regulator please.
averaging down because I never learn.
[squeeze.say]
{si} of float short, do the maths | bears boxed in | cost to borrow gone bananas | vertical again
zero shares on loan desks | call wall at ${target} is the magnet | ready for round {few}
[squeeze.more]
{cover} days to cover on normal turnover, lol.
recall your shares from the lending pool.
each pullback lasts five minutes tops.
ftd numbers look spicy.
dealers hedge at ${target}, physics does the rest.
wouldn't be surprised if half of them are still in.
fun while it lasts, don't fall in love.
[event.say]
{event}, wow just wow | the wait is over: {event} | {event}, not a rumour | rerated overnight thanks to
+ {event} | {event}. that's the post.
[event.more]
a proper headline for a change.
document is on file, go read it.
years of waiting, {year} crew take a bow.
sell side spreadsheets go in the bin.
banked some, letting the rest ride.
nothing shady, it's on the regulator's site.
did not have that on my card.
even after this it's not silly expensive.
[beat.say]
delivered, {eps} a share | topped everything, turnover {rev} | numbers are in and they slap | solid {q}
[beat.more]
street had {epsx}.
waiting for the q&a before I cheer.
costs under control for once.
gap should stick imo.
streak now at {few}.
[miss.say]
whiffed, {eps} a share | turnover only {rev} | numbers are in and they stink | rough {q}
[miss.more]
street had {epsx}.
expect targets to get slashed.
the q&a will be fun to watch.
blaming the weather again.
hope they threw everything in.
[offering.say]
sold paper at ${price} | raised {gross}, classic | new shares at ${price}, called it | another raise
[offering.more]
check the prospectus for warrants.
never let a green day go to waste.
at least nobody goes broke this year.
same bookrunner, same discount.
we are the exit liquidity.
[split.say]
merging shares {ratio} | {ratio} reverse, sigh | {ratio} share merge confirmed
[split.more]
post-split drift is my favourite trade.
listing rules, dollar minimum, you know the drill.
smaller count, identical mess.
guess what follows, a raise.
[forward.say]
splits {ratio}, cute | getting a {ratio} split | more slices, {ratio}
[forward.more]
pizza cut in more pieces.
retail will love it.
strikes get adjusted too.
[storm.say]
again with {affair} | headlines won't stop, {affair} | the {affair} saga goes on
[storm.more]
twenty articles, one fact.
zero impact on cash flow if you ask me.
noise, all of it.
spokesman says nothing in many words.
gonna revisit when it's quiet.
[macro.say]
{t1} o'clock, hold on | everything is {t1} today | {t1} plus {t2}, what a cocktail | can't trade around {t2}
forget charts, think {t1}
[macro.more]
{^extra} surprised me.
microcaps and {t1} don't mix.
algos went both ways on {t2}.
same movie every time: {t1}.
sitting out till {t1} is done.
next up {extra}, then {extra2}.
[listing.say]
makes its debut | fresh on the board today | newcomer, first prints in
[listing.more]
hardly any stock around, mind the spread.
lockup runs {n} weeks.
no coverage so far.
"""
