// Teams and agents to choose from: looked up while somebody types, and by the ids of an address.

import * as api from "./api.js";
import { useEffect, useRef, useState } from "./dom.js";

/** Milliseconds after the last letter until the API is asked. */
const PAUSE = 150;
/** Rows that are asked for at once. */
const ROWS = 60;

/** Rows that contain a text: `{rows, find(text), isBusy, fault}`. `load(params, options)` asks for a page of them. */
export function useFound(load) {
  const [state, setState] = useState({ rows: [], text: null, isBusy: false, fault: null });
  const [timer, abort] = [useRef(0), useRef(null)];
  const stop = () => {
    clearTimeout(timer.current);
    abort.current?.abort();
  };
  useEffect(() => stop, []);
  const find = (text) => {
    stop();
    if (text === null) return;
    setState((was) => ({ ...was, isBusy: true }));
    const ask = async () => {
      abort.current = new AbortController();
      const { signal } = abort.current;
      const done = (change) => signal.aborted || setState((was) => ({ ...was, isBusy: false, ...change }));
      try {
        const { body } = await load({ q: text.trim() || undefined, per_page: ROWS }, { signal });
        done({ rows: body.data, text, fault: null });
      } catch (fault) {
        done({ fault });
      }
    };
    timer.current = setTimeout(ask, text ? PAUSE : 0);
  };
  return { ...state, find };
}

/** Names by ids, as far as they are known: `load(ids, options)` asks for their rows. */
export function useNames(ids, load) {
  const [names, setNames] = useState(new Map());
  const unknown = ids.filter((id) => !names.has(id));
  useEffect(() => {
    if (unknown.length === 0) return undefined;
    const abort = new AbortController();
    const learn = ({ body }) => setNames((was) => new Map([...was, ...body.data.map((row) => [String(row.id), row.name])]));
    load(unknown, { signal: abort.signal }).then(learn, () => {}); // ids stand for them
    return () => abort.abort();
  }, [unknown.join()]);
  return names;
}
