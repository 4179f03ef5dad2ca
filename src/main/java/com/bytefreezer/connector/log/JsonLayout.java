package com.bytefreezer.connector.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A log line as a JSON object with the original connector's names: time, level, msg; and logger. The message comes from
 * {@link MaskingConverter}, so it contains no secret.
 */
public final class JsonLayout extends LayoutBase<ILoggingEvent> {
    // Escapes non-ASCII characters, so the terminal's encoding does not matter.
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final MaskingConverter message = new MaskingConverter();

    /** From now on the log, and everything else written to standard error, is JSON. */
    public static void use(LoggerContext logging) {
        ((StandardError) logging.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender(StandardError.NAME))
                .setEncoder(Logging.encoder(logging, new JsonLayout()));
        StandardError.take(line -> line(Instant.now(), "INFO", PlainText.known(line), "stderr"));
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        return line(event.getInstant(), event.getLevel().toString(), message.convert(event), event.getLoggerName())
                + "\n";
    }

    private static String line(Instant time, String level, String message, String logger) {
        Map<String, String> line = new LinkedHashMap<>();
        line.put("time", time.toString());
        line.put("level", level);
        line.put("msg", message);
        line.put("logger", logger);
        try {
            return JSON.writeValueAsString(line);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
