package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.mcp.Calls.Call;
import com.bytefreezer.connector.mcp.Message.Notification;
import com.bytefreezer.connector.mcp.Message.Request;
import com.bytefreezer.connector.mcp.Message.Wrong;
import com.bytefreezer.connector.problem.Failures;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client over two streams, with one message per line. Answers several messages at the same time, in any order. Used once. */
public final class StdioTransport {
    private static final Logger LOG = LoggerFactory.getLogger(StdioTransport.class);
    private static final String CLIENT = "stdio";
    /** The same limit as that of the HTTP server. */
    private static final int LONGEST_LINE = 1 << 20;

    private static final int AT_ONCE = 16;
    private static final int MOST_WAITING = 256;

    private final Protocol protocol;
    private final InputStream in;
    private final OutputStream out;
    private final ExecutorService answering = new ThreadPoolExecutor(
            AT_ONCE, AT_ONCE, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), task -> {
                Thread thread = new Thread(task, "mcp");
                thread.setDaemon(true);
                return thread;
            });

    public StdioTransport(Protocol protocol, InputStream in, OutputStream out) {
        this.protocol = protocol;
        this.in = new BufferedInputStream(in);
        this.out = out;
    }

    /**
     * Answers until the input ends; then finishes the requests it has read.
     *
     * @param patience time limit for the remaining requests, which are cancelled after it
     */
    public void serve(Duration patience) throws InterruptedException {
        try {
            for (byte[] line = readLine(); line != null; line = readLine()) {
                take(line);
            }
        } catch (IOException e) {
            LOG.warn("MCP: standard input cannot be read ({}). Stopping.", Failures.describe(e));
        }
        answering.shutdown();
        if (!answering.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            protocol.cancelAll();
        }
    }

    private void take(byte[] line) {
        if (line.length == 0) {
            return;
        }
        Message message = line.length > LONGEST_LINE
                ? new Wrong(ErrorCodes.INVALID_REQUEST, "The message is larger than 1 MB.")
                : Message.of(line);
        if (message instanceof Request request) {
            // Before the next message, which may cancel it.
            Call call = protocol.begin(request, CLIENT);
            try {
                answering.execute(() -> write(protocol.answer(request, call)));
            } catch (RejectedExecutionException e) {
                call.close();
                write(Message.error(
                        request.call().id(),
                        ErrorCodes.INTERNAL_ERROR,
                        "%d requests are waiting already. Wait for their answers.".formatted(MOST_WAITING)));
            }
        } else if (message instanceof Notification notification) {
            // Handled at once: a cancellation must not wait behind the request that it cancels.
            protocol.note(notification, CLIENT);
        } else if (message instanceof Wrong wrong) {
            write(wrong.answer());
        }
    }

    /** The next line; null at the end. A line that is too long is cut one byte after the limit. */
    private byte @Nullable [] readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (next == '\n') {
                return line.toByteArray();
            }
            if (next != '\r' && line.size() <= LONGEST_LINE) {
                line.write(next);
            }
        }
        return line.size() == 0 ? null : line.toByteArray();
    }

    private void write(byte @Nullable [] answer) {
        if (answer == null) {
            return;
        }
        synchronized (out) {
            try {
                out.write(answer);
                out.write('\n');
                out.flush();
            } catch (IOException e) {
                // Nobody reads the answers any more; the input will end, too.
                protocol.cancelAll();
            }
        }
    }
}
