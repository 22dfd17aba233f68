/** A run that still goes on: what is new is asked of the server that the page came from, until there is no more. */

const OFTEN = 700;
const MOST_TRIES = 4;

/**
 * @param {import("./replay.js").Replay} replay
 * @param {(news: import("../contract.js").RunNews) => void} take
 * @param {(state: "running" | "ended" | "lost", said?: string) => void} report
 */
export function follow(replay, take, report) {
  let tries = 0;
  async function ask() {
    // What nobody looks at needs nothing new, but for the end.
    const address = `data?since=${replay.serial}&generation=${replay.generation}`;
    try {
      const answer = await fetch(address, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      /** @type {import("../contract.js").RunNews} */
      const news = await answer.json();
      tries = 0;
      take(news);
      if (news.ended) {
        report("ended", news.said);
        return;
      }
      report("running");
    } catch {
      tries++;
      if (tries >= MOST_TRIES) {
        report("lost");
        return;
      }
    }
    setTimeout(ask, document.hidden ? OFTEN * 6 : OFTEN);
  }
  setTimeout(ask, OFTEN);
}
