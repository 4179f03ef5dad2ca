package org.elasticsearch.io.ansi;

import java.util.function.Supplier;

/** Stands in for the colours of a terminal: there is none. */
public class AnsiConsoleLoader implements Supplier<Object> {
    @Override
    public Object get() {
        return null;
    }
}
