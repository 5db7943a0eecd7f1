// Names of invented people from several languages, for the demo directory. Any likeness is chance.
// No RFC; a name in another script carries the Latin letters that user names are made of after a slash.

export interface Language {
  readonly tag: string;
  /** How many of a hundred people. */
  readonly share: number;
  readonly familyFirst?: boolean;
  readonly given: readonly string[];
  readonly family: readonly string[];
}

const list = (text: string): readonly string[] => text.split(' ');

export const languages: readonly Language[] = [
  {
    tag: 'en-US',
    share: 22,
    given: list(
      'Abigail Aaron Brianna Caleb Dana Elijah Faith Grant Hannah Isaac Jocelyn Kyle Lauren Marcus Naomi Owen Paige Quentin Rachel Seth Tessa Wade',
    ),
    family: list(
      "Abernathy Barlow Caldwell Dempsey Easton Fairbanks Garrison Hollis Ingram Jessup Kimball Langdon Mercer Norwood O'Rourke Prescott Quimby Rutledge Stanton Thackeray Underhill Whitlock",
    ),
  },
  {
    tag: 'en-GB',
    share: 12,
    given: list(
      'Alistair Bronwen Callum Deirdre Edmund Fiona Gareth Imogen Jasper Kirsty Lachlan Morwenna Nigel Orla Piers Rhiannon Siân Tobias',
    ),
    family: list(
      'Ashworth Braithwaite Cholmondeley Dalgleish Entwistle Fotheringham Greenhalgh Hargreaves Illingworth Kershaw Llewellyn MacAulay Openshaw Pemberton Ramsbottom Satterthwaite Thistlewood Winterbourne',
    ),
  },
  {
    tag: 'de-DE',
    share: 15,
    given: list(
      'Annika Björn Cornelia Dietmar Elke Frieda Günther Heike Ingo Jörg Käthe Lutz Marlene Niklas Ottilie Rüdiger Sönke Ulrike Volker Wiebke',
    ),
    family: list(
      'Ackermann Böhme Carstensen Dörfler Eichhorn Förster Größmann Hölscher Jäger Kühn Lüders Möllenkamp Nußbaum Oelrichs Petersen Röhrig Schönfeld Straßburger Übelacker Weiß',
    ),
  },
  {
    tag: 'fr-FR',
    share: 10,
    given: list('Aurélie Benoît Célestine Damien Élodie François Geneviève Hélène Jérôme Léa Maëlle Noël Océane Rémi Solène Théophile'),
    family: list(
      "Aubépin Bélanger Châtelain Desrosiers Étchegaray Fauré Gagné d'Hauteville L'Hermite Lefèvre Maçon Noël Pélissier Rousselot Thévenin Vaillancourt",
    ),
  },
  {
    tag: 'pl-PL',
    share: 7,
    given: list('Agnieszka Bolesław Elżbieta Grażyna Kazimierz Łukasz Małgorzata Przemysław Stanisław Wojciech'),
    family: list('Błaszczyk Dąbrowa Gołębiewski Jabłoński Kościelny Łęcki Mrożek Pszczółka Świątek Żurawski'),
  },
  {
    tag: 'es-ES',
    share: 7,
    given: list('Álvaro Begoña Concepción Íñigo Joaquín Lucía Nuño Pilar Raúl Ximena'),
    family: list('Albariño Bermúdez Castañeda Echevarría Fuenmayor Ibáñez Manjarrés Núñez Peñalver Zubizarreta'),
  },
  {
    tag: 'tr-TR',
    share: 6,
    given: list('Aylin Çağla Doğan Gülşen İbrahim Işıl Müge Özgür Şebnem Uğur'),
    family: list('Akçay Bayındır Çelikten Demirağ Güneş Işıklı Karaoğlan Özdemir Şahinbaş Yıldırım'),
  },
  {
    tag: 'sv-SE',
    share: 4,
    given: list('Åsa Björk Elin Gösta Håkan Märta Sören Östen'),
    family: list('Ångström Bäckman Dahlgren Fjällström Hägglund Lindqvist Nyström Öberg'),
  },
  {
    tag: 'en-IN',
    share: 6,
    given: list('Aarav Bhavani Chandran Deepika Gayatri Harish Ishaan Kavya Lakshmi Nandini'),
    family: list('Acharya Bhattacharya Chaudhary Deshpande Gopalakrishnan Iyengar Kulkarni Mukherjee Ramanathan Venkataraman'),
  },
  {
    tag: 'vi-VN',
    share: 3,
    familyFirst: true,
    given: list('Ánh Bảo Dũng Hương Ngọc Quỳnh Thảo Việt'),
    family: list('Bùi Đặng Đỗ Hoàng Lê Nguyễn Phạm Trần'),
  },
  {
    tag: 'ja-JP',
    share: 4,
    familyFirst: true,
    given: list('陽子/Yoko 健一/Kenichi 美咲/Misaki 大輔/Daisuke 千尋/Chihiro 翔太/Shota'),
    family: list('佐久間/Sakuma 高梨/Takanashi 宮本/Miyamoto 藤堂/Todo 水原/Mizuhara 若林/Wakabayashi'),
  },
  {
    tag: 'el-GR',
    share: 2,
    given: list('Αλέξανδρος/Alexandros Ελένη/Eleni Θεόφιλος/Theofilos Χρυσούλα/Chrysoula'),
    family: list('Αναγνώστου/Anagnostou Καραγιάννης/Karagiannis Ξενάκη/Xenaki Ψαρράς/Psarras'),
  },
  {
    tag: 'ar-AE',
    share: 2,
    given: list('ليلى/Layla سامر/Samer نادية/Nadia طارق/Tariq'),
    family: list('الخطيب/Alkhatib درويش/Darwish منصور/Mansour حداد/Haddad'),
  },
];

/** A name as it is written, and in the letters a to z. */
export interface Name {
  readonly written: string;
  readonly ascii: string;
}

export function readName(entry: string): Name {
  const [written = '', latin = written] = entry.split('/');
  const ascii = latin
    .replace(/[ßłŁøØđĐı]/g, (letter) => plainLetters.get(letter) ?? '')
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
  return { written, ascii };
}

/** Letters that do not fall apart into a letter and a mark. */
const plainLetters: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['ø', 'o'],
  ['Ø', 'O'],
  ['đ', 'd'],
  ['Đ', 'D'],
  ['ı', 'i'],
]);
