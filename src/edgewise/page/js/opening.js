/** Opens and closes modules in the picture, and shows one of them, or one repeat of a loop, alone. */
export class Opening {
  /** @param {import("./main.js").Page} page @param {import("./picture_area.js").PictureArea} picture */
  constructor(page, picture) {
    this.page = page;
    this.picture = picture;
    this.modules = page.modules;
  }

  /** Opens or closes a module. @param {number} scope */
  toggle(scope) {
    this.picture.change(() => this.modules.toggle(scope), scope);
  }

  /** Opens a module. @param {number} scope */
  open(scope) {
    if (!this.modules.isOpen(scope)) this.toggle(scope);
  }

  /** Closes a module, also one that is shown alone. @param {number} scope */
  close(scope) {
    const { modules } = this;
    const isAlone = modules.pathOf(modules.top).includes(scope);
    const act = () => {
      modules.close(scope);
      if (isAlone) modules.enter(modules.pathOf(scope)[1] ?? -1);
    };
    this.picture.change(act, isAlone ? undefined : scope);
  }

  /** Shows a module alone, or the whole. @param {number} scope */
  enter(scope) {
    this.picture.change(() => this.modules.enter(scope));
  }

  /** Shows one repeat of a loop: that in which the present step is, or the first. @param {number} loop */
  enterLoop(loop) {
    const { story, place } = this.page;
    const [first] = this.modules.repeats.get(loop) ?? [];
    this.enter(story.repeatAt(loop, place) ?? first);
  }

  /** Shows another repeat of the loop, and the step in it that is like the present one. @param {number} scope */
  chooseRepeat(scope) {
    const { page, modules } = this;
    const loop = modules.loopOf(scope);
    const moment = loop === undefined ? undefined : page.story.likeness(loop, page.place, scope);
    page.player.play(false);
    if (moment === undefined) this.#turnTo(scope);
    else page.player.go(moment);
  }

  /** Where one repeat of a loop is shown, shows that in which a moment is. @param {number} moment */
  followLoop(moment) {
    const { modules, page } = this;
    const loop = modules.loopOf(modules.top);
    const repeat = loop === undefined ? undefined : page.story.repeatAt(loop, moment);
    if (repeat !== undefined && repeat !== modules.top) this.#turnTo(repeat);
  }

  /** Shows another repeat of the loop, at the same place of the picture. @param {number} scope */
  #turnTo(scope) {
    const { frame } = this.picture;
    const { scrollLeft, scrollTop } = frame;
    this.enter(scope);
    frame.scrollTo(scrollLeft, scrollTop);
  }
}
