// What a first visit shows.

export const FIRST = {
  text: `In the summer of 1977, NASA launched two spacecraft, Voyager 1 and Voyager 2, from Cape Canaveral in Florida. \
Bolted to each was a gold-plated copper disc that carried sounds and pictures of Earth, meant for whoever might find it \
after the probes had passed Jupiter, Saturn, Uranus and Neptune and left the Solar System for good.

The contents were chosen by a committee under Carl Sagan of Cornell University. Ann Druyan was creative director, \
Timothy Ferris produced the record, and Kurt Waldheim, then Secretary-General of the United Nations, spoke a message.

Johann Sebastian Bach opens it with the second Brandenburg Concerto, played by the Munich Bach Orchestra under Karl \
Richter. There is gamelan from Java, a raga sung by Kesarbai Kerkar, and "Melancholy Blues" by Louis Armstrong and His \
Hot Seven. Sagan told the story of the disc in the book Murmurs of Earth.`,
  schema: {
    name: null,
    types: [
      { name: "musician", definition: "A person who composes, sings, plays or conducts music." },
      { name: "scientist", definition: "A person who does research in a science, such as an astronomer." },
      { name: "person", definition: "A named individual who is none of the more specific kinds." },
      { name: "ensemble", definition: "A group that performs music, such as a band or an orchestra." },
      { name: "organization", definition: "A company, agency, university or international body." },
      { name: "spacecraft", definition: "A craft sent into space, such as a probe or a satellite." },
      { name: "celestial body", definition: "A planet, star or other natural object in the sky." },
      { name: "musical work", definition: "A titled piece of music, such as a song or a concerto." },
      { name: "book", definition: "A titled book." },
      { name: "place", definition: "A country, region, city or site on Earth." },
      { name: "date", definition: "A year, month or day of the calendar." },
    ],
  },
  threshold: null,
  nested: false,
};
