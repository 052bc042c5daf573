"""A lost connection: said on the page, and what is pressed meanwhile is refused.

Reflex keeps what is pressed while the server cannot be reached, and sends all of it once it can be: two
presses of a button that buys would be two purchases, much later, on a page that has changed. It does not get
that far.

Not every closed socket is a lost connection: Reflex closes it itself when a download begins, and opens it
again for the next event. So without a failed attempt, a press waits for the next attempt to tell.
"""

import reflex as rx
from reflex.vars.base import Var, VarData
from reflex_base.utils.imports import ImportDict
from reflex_components_core.core.banner import connect_error_var_data, has_too_many_connection_errors

from ..state.session import SessionState
from .words import t

_HOOK = """
const [wasRefused, setWasRefused] = useState(false);
const hadConnection = useRef(false);
const hasFailed = useRef(false);
const waiting = useRef([]);
hadConnection.current = HAD_CONNECTION;
hasFailed.current = connectErrors.length > 0;
useEffect(() => {
    const pressed = waiting.current.splice(0);
    if (connectErrors.length > 0) {
        if (pressed.length > 0) setWasRefused(true);
        return;
    }
    pressed.forEach((each) => eventLoop.addEvents(...each));
    const timer = window.setTimeout(setWasRefused, WORDS_STAY, false);
    return () => window.clearTimeout(timer);
}, [connectErrors]);
useEffect(() => {
    let send = eventLoop.addEvents;
    const isConnected = () => {
        let answered = false;  // at once or never: without a connection, Reflex drops what is temporal
        const answer = { function: () => { answered = true; } };
        send([ReflexEvent('_call_function', answer)], [], { temporal: true });
        return answered;
    };
    const isPress = (given) => Array.isArray(given) && given.some((each) => each?.nativeEvent);
    const isForServer = (events) => [events].flat(Infinity).some((event) => event?.name?.includes('.'));
    const guarded = (events, given, actions) => {
        if (!hadConnection.current || !isPress(given) || !isForServer(events) || isConnected()) {
            return send(events, given, actions);
        }
        if (hasFailed.current) setWasRefused(true);
        else waiting.current.push([events, given, actions]);
        return send([], [], {});  // has it try to connect again
    };
    const property = { configurable: true, enumerable: true };
    Object.defineProperty(eventLoop, 'addEvents', {
        ...property, get: () => guarded, set: (anew) => { send = anew; },  // Reflex sets it when it renders
    });
    return () => {
        Object.defineProperty(eventLoop, 'addEvents', { ...property, writable: true, value: send });
    };
}, []);
"""
WORDS_STAY = 8000
"""Milliseconds after the connection is back: it may be so at once, and a refusal must be read."""

_IMPORTS: ImportDict = {
    "react": ["useEffect", "useRef", "useState"],
    "$/utils/state": ["ReflexEvent"],
    "$/utils/context-registry": ["eventLoop"],
}


def lost_connection(*, class_name: str) -> rx.Component:
    """Says that the connection is lost, and that what was pressed since is not done. One a page."""
    return rx.cond(
        _was_refused(),
        rx.el.p(
            t("There is no connection, so what you pressed was not done. Press again once it is back."),
            class_name=class_name,
        ),
        rx.cond(
            has_too_many_connection_errors,
            rx.el.p(
                t("The connection is interrupted. Trying again… Until it is back, buttons do nothing."),
                class_name=class_name,
            ),
        ),
    )


def _was_refused() -> Var[bool]:
    """To be used once a page: with it comes what refuses."""
    had_connection = rx.Var.create(SessionState.ready)
    hook = _HOOK.replace("HAD_CONNECTION", str(had_connection)).replace("WORDS_STAY", str(WORDS_STAY))
    needed = VarData.merge(
        had_connection._get_all_var_data(),
        connect_error_var_data,
        VarData(imports=_IMPORTS, hooks={hook: None}),
    )
    return Var("wasRefused", _var_data=needed).to(bool)
