package com.bytefreezer.connector.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one connection within bounds. The head and then the body of a request must arrive in time, however slowly their
 * bytes come. The next request starts when the client has taken the whole answer, so at most one answer per connection
 * is held. The client must take its answer in time. After an answer that closes the connection, further bytes are
 * discarded, because a client whose bytes are refused may not see the answer. Used only by the connection's thread.
 */
// channelInactive learns of the end of a connection.
@SuppressWarnings("FutureReturnValueIgnored")
final class ConnectionGuard extends ChannelDuplexHandler {
    /** Parts of waiting requests. */
    private static final int MOST_WAITING = 128;
    /** Minimum part of an answer that a client must take in its time, about 9 KB/s. */
    private static final long LEAST_TAKEN = 256 * 1024;

    private final Connections connections;
    private final Duration patience;
    private final Queue<Object> waiting = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> deadline;
    /** The head of the current request has arrived, its end has not. */
    private boolean reading;
    /** The current request has no answer yet, or the client has not taken it. */
    private boolean answering;

    private boolean passing;
    /** This answer is the last one. */
    private boolean closes;

    private long taken;

    ConnectionGuard(Connections connections, Duration patience) {
        this.connections = connections;
        this.patience = patience;
    }

    /** Ends the connection in any state; for any thread. */
    void end() {
        ChannelHandlerContext current = context;
        if (current != null) {
            current.executor().execute(current::close);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        if (connections.opened(this)) {
            expect(added);
        } else {
            added.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext closed) {
        connections.closed(this);
        if (deadline != null) {
            deadline.cancel(false);
        }
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
        closed.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext source, Object part) {
        if (closes && !answering) {
            ReferenceCountUtil.release(part);
            return;
        }
        waiting.add(part);
        if (waiting.size() > MOST_WAITING) {
            source.close();
        }
        pass(source);
    }

    @Override
    public void write(ChannelHandlerContext target, Object part, ChannelPromise promise) {
        ChannelPromise written = promise.unvoid();
        long bytes = bytes(part);
        closes |= part instanceof HttpResponse head
                && head.headers().contains(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
        boolean last = part instanceof LastHttpContent && !isInterim(part);
        written.addListener(done -> {
            taken += bytes;
            if (last && done.isSuccess()) {
                answered(target);
            }
        });
        target.write(part, written);
    }

    private boolean isBusy() {
        return answering && !reading;
    }

    /** Passes on what has arrived, up to the end of a request; stops reading after that. */
    private void pass(ChannelHandlerContext target) {
        if (passing) {
            return;
        }
        passing = true;
        try {
            while (!isBusy() && !waiting.isEmpty()) {
                Object part = waiting.remove();
                if (part instanceof HttpRequest) {
                    reading = true;
                    answering = true;
                    expect(target);
                }
                if (part instanceof LastHttpContent) {
                    reading = false;
                    if (answering) {
                        taken = 0;
                        connections.isAnswered(this);
                        target.channel().config().setAutoRead(false);
                        // Once more, which tells when the client hangs up.
                        target.executor().execute(target::read);
                    }
                    expect(target);
                }
                target.fireChannelRead(part);
            }
        } finally {
            passing = false;
        }
    }

    private void answered(ChannelHandlerContext target) {
        answering = false;
        if (closes && target.channel() instanceof DuplexChannel channel) {
            waiting.forEach(ReferenceCountUtil::release);
            waiting.clear();
            connections.waits(this);
            expect(target);
            channel.shutdownOutput();
            channel.config().setAutoRead(true);
            return;
        }
        if (reading) {
            return;
        }
        connections.waits(this);
        expect(target);
        // Not here, because a write is under way.
        target.executor().execute(() -> {
            pass(target);
            target.fireChannelReadComplete();
            if (!isBusy()) {
                target.channel().config().setAutoRead(true);
            }
        });
    }

    /** Starts to wait for the client's next action. */
    private void expect(ChannelHandlerContext current) {
        if (deadline != null) {
            deadline.cancel(false);
        }
        deadline = current.executor().schedule(() -> isLate(current), patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Producing an answer may take long; taking it may not. */
    private void isLate(ChannelHandlerContext current) {
        ChannelOutboundBuffer sent = current.channel().unsafe().outboundBuffer();
        boolean moves = sent == null || sent.totalPendingWriteBytes() == 0 || taken >= LEAST_TAKEN;
        if (isBusy() && moves) {
            taken = 0;
            expect(current);
        } else {
            current.close();
        }
    }

    private static boolean isInterim(Object part) {
        return part instanceof HttpResponse response && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }

    private static long bytes(Object part) {
        if (part instanceof ByteBuf buffer) {
            return buffer.readableBytes();
        }
        return part instanceof ByteBufHolder holder ? holder.content().readableBytes() : 0;
    }
}
