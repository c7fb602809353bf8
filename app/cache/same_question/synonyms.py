"""Words that may stand for each other in a question without changing what it asks.

Groups are set apart by commas; a word may be in several, and words match if they share one. What is
left out is left out on purpose: words that are near but not equal in an office or a contract (fee
and deposit, cancel and postpone, reset and change) must not match.
"""

from __future__ import annotations

from collections import defaultdict

GROUPS = """
above over, accept approve, advantage benefit, aeroplane airplane plane, after following,
allow let, allow permit, allowed permitted, aluminium aluminum, analyse analyze, annual yearly,
answer reply respond, app application, apply application, approve approval,
approve authorise authorize, approximately about roughly around approx, area zone, arrive come,
ask inquire enquire, attach add, author writer, authorisation authorization, autumn fall,
beat defeat, before prior, begin start commence, behaviour behavior, below under, beneath under,
big large, bike bicycle, birthplace born, book reserve, boss head, build construct, buy purchase,
cafeteria canteen, calculate calculation, call phone telephone, cancel cancellation,
cancelled canceled, car automobile, catalogue catalog, cause trigger, centre center,
change modify alter, change update, cheap inexpensive, check verify, child kid,
choose select pick, clean wash, close shut, collect pickup, colour color, complain complaint,
configure setup, conquer defeat, correct right, country nation, create make, customer client,
daily perday, damage harm, danger hazard, dangerous hazardous, dead deceased, deadline duedate,
death demise, decide decision, defence defense, delete remove erase, deliver arrive,
deliver delivery, dialogue dialog, die decease, disable deactivate turnoff,
disadvantage drawback downside, discover find, doctor physician, document paper,
drug medicine medication, easy simple, email mail, employee worker, enable activate turnon,
end finish conclude, enrol enroll, enter input, entire whole, examine check, expand extend,
expense cost, explain explanation, extend prolong, fast quick, faster quicker, fastest quickest,
faulty defective broken, favourite favorite, fee charge, fill complete, film movie, find locate,
firm company, fix repair mend, flat apartment, folder directory, found establish, found start,
fridge refrigerator, fulfil fulfill, get obtain receive, goods merchandise, grey gray,
guarantee warranty, happen occur, harbour harbor, hard difficult, hear listen, help assist,
help assistance, hire recruit, holiday vacation, house home, hurt injure, id identification,
identity id, ill sick, illness disease sickness, improve enhance, increase raise,
infection infect, inform information, injury wound, inside within, inspect examine,
inspect inspection, install installation, instruction guideline, insure insurance, invent create,
keep retain, kill slay, labour labor, lawyer attorney, leave depart, licence license,
lift elevator, litre liter, location place, login signin, logout signout, lorry truck,
luggage baggage, maintain maintenance, marry wed, maximise maximize, maximum highest, maximum max,
metre meter, minimise minimize, minimum lowest, minimum min, minute min, moneyback refund,
monthly permonth, mould mold, move relocate, near close, nearby close, neighbour neighbor,
offence offense, often frequently, organisation organization, organise organize arrange,
outside beyond, parcel package, pay payment, permit permission, petrol gasoline, phone telephone,
picture image photo photograph, prevent avoid, prevent stop, price cost, problem issue,
program programme, programme program, prohibit forbid ban, purpose aim, quantity amount,
question query, queue line, quit resign, rain rainfall, raise increase, rarely seldom, read view,
recognise recognize, reduce decrease lower, refund reimburse, refund reimbursement,
register registration, register signup, reject refuse decline, remove removal, renew renewal,
replace replacement, require need, require requirement,
required necessary mandatory compulsory obligatory, reservation booking, reserve reservation,
return giveback, route way, rubbish garbage trash waste, safe secure, salary pay,
schedule timetable, sea ocean, search look, see view, send ship, ship shipment, shop store,
shorten reduce, show display, slow sluggish, small little, sound ring, speak talk, staff employee,
staff personnel, store save, store storage, student pupil, submit handin, sunrise dawn,
supplier vendor, symptom sign, teacher instructor, theatre theater, toilet restroom lavatory,
total overall, translate translation, travelling traveling, treat treatment, tv television,
tyre tire, until till, update updating, use utilise utilize, username login,
vaccine vaccination jab, verify confirm, victory win, website site, weekly perweek, while during,
whole complete, write author, wrong incorrect
"""


def _by_word() -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for number, group in enumerate(GROUPS.split(",")):
        for word in group.split():
            groups[word].add(f"#{number}")
    return {word: frozenset(found) for word, found in groups.items()}


# Word -> the groups it is in.
SYNONYMS = _by_word()
