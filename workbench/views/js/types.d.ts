/** What anywidget hands to a widget: the Python side's values, and messages both ways. */
export interface Model {
  /** That no kernel is behind it. */
  isSaved?: boolean;
  get(name: string): any;
  set(name: string, value: any): void;
  save_changes(): void;
  send(content: any, callbacks?: any, buffers?: ArrayBuffer[] | DataView[]): void;
  on(name: string, act: (...args: any[]) => void): void;
  off(name?: string | null, act?: (...args: any[]) => void): void;
}

export interface RenderContext {
  model: Model;
  el: HTMLElement;
}
