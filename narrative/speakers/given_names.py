"""Given names, with their gender and the forms that one person may bear in several languages.

The list is short on purpose: it lets "he" and "she" agree and tells two persons of one surname
apart, and a name that is missing only leaves both open. Forms of one name are joined by "/".
"""

from __future__ import annotations

from typing import Final

_MALE = """
volodymyr/vladimir/wladimir/uladzimir oleksandr/alexander/aleksandr/alexandr/aliaksandr
andrii/andrei/andrey/andriy/andrew/andrzej serhii/sergei/sergey/serhiy/serge/sergio
mykola/nikolai/nikolay/nicholas mykhailo/mikhail/michael/mikhailo dmytro/dmitry/dmitri/dmitriy
oleksii/alexei/aleksei/alexey/oleksiy/aleksey yevhen/yevgeny/evgeny/yevgeniy/eugene/yevhenii
yurii/yuri/yury/yuriy petro/pyotr/petr/peter/piotr pavlo/pavel/paul ivan/ioann ihor/igor
oleh/oleg valerii/valery/valeriy vasyl/vasily/vasiliy viktor/victor vitalii/vitaly/vitaliy
hryhorii/grigory/grigoriy kyrylo/kirill denys/denis/dennis maksym/maxim/maksim illia/ilya/illya
mykyta/nikita danylo/daniil/daniel/danil artem/artyom stanislav viacheslav/vyacheslav yaroslav
vladyslav/vladislav rostyslav/rostislav anatolii/anatoly/anatoliy hennadii/gennady/gennadiy leonid
kostiantyn/konstantin/kostyantyn fedir/fyodor/fedor anton/antony/anthony marko/mark/marc/marco
matvii/matvey/matthew/matthias tymofii/timofey/timothy/tim borys/boris semen/semyon
stepan/stephen/steven/stefan/steve yakiv/yakov/jacob yosyp/josef/joseph/jose/jozef lev/leo
roman ruslan bohdan/bogdan taras ostap rustem/rustam ramzan aslan arkady arseniy eduard/edward
john/johannes/johann/jean/juan/giovanni/jan sean donald joe barack george/georg/heorhii/georgy
james thomas/tomas tom robert richard william david/davyd charles/karl/carl henry/henri emmanuel
olaf friedrich keir rishi mateusz giorgos gitanas recep jens antonio rafael lloyd jake pete keith
scott brian kevin christopher christian klaus hans fritz otto heinz lars erik/eric emil anders
philip/philippe/filip francois/francis louis/luis/ludwig carlos jorge mario luigi luca giuseppe
benjamin samuel adam noah ben bill bob jim jack gary greg larry lawrence jonathan
"""

_FEMALE = """
olena/elena/yelena/helen/helena/alena olha/olga maria/mariia/mariya/marie/mary
anna/hanna/anne/ann/ganna kateryna/ekaterina/yekaterina/catherine/katherine/kate
nataliia/natalia/natalya/nataliya/natalie tetiana/tatiana/tatyana iryna/irina/irene
oksana/oxana yuliia/yulia/julia/julie svitlana/svetlana valentyna/valentina
viktoriia/victoria/viktoria anastasiia/anastasia/anastasiya daria/dariia/darya
sofiia/sofia/sophie/sophia larysa/larisa liudmyla/lyudmila/ludmila nadiia/nadezhda vira/vera
marharyta/margarita/margaret yevheniia/evgenia/yevgenia kseniia/ksenia/xenia maryna/marina
alla inna nina zoya zhanna lesia/lesya solomiia kaja ursula annalena angela giorgia sanna hillary
kamala liz theresa jane janet susan sarah laura linda lisa karen emily emma rachel rebecca
jennifer jessica barbara patricia nancy martha/marta christine/christina/kristina claire/clara
eva/eve alice/alisa elizabeth/yelizaveta ruth fiona oana mette ingrid astrid karoline marianne
brigitte isabelle simone maia salome dana
"""

# Gender to names, each name a group of forms.
GIVEN_NAMES: Final = {"m": _MALE.split(), "f": _FEMALE.split()}
