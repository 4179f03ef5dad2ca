package com.bytefreezer.connector.destination;

import java.util.Locale;
import org.apache.camel.Converter;
import org.apache.camel.LoggingLevel;

/** Finds constants by their names, as Camel does, which looks among all its converters first, each time. */
@Converter(generateLoader = false)
public final class ConstantConverters {
    private ConstantConverters() {}

    /** For each failed batch, Camel reads two levels of its retries. */
    @Converter
    public static LoggingLevel toLevel(String name) {
        return LoggingLevel.valueOf(name.strip().toUpperCase(Locale.ROOT));
    }
}
