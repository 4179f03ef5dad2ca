package com.bytefreezer.connector.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;

/**
 * A file of the page, for the life of the process. It is kept in memory that the network sends from directly, so a slow
 * client costs no memory. Safe for use by several threads.
 */
final class Asset {
    private final Buffer plain;
    private final Buffer compressed;
    private final String type;
    private final String caching;
    private final String tag;

    private Asset(Buffer plain, Buffer compressed, String type, String caching, String tag) {
        this.plain = plain;
        this.compressed = compressed;
        this.type = type;
        this.caching = caching;
        this.tag = tag;
    }

    /**
     * A file.
     *
     * @param type its media type
     * @param caching for {@code Cache-Control}
     */
    static Asset of(byte[] bytes, String type, String caching) throws IOException {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(bytes);
        }
        return new Asset(
                outsideOfHeap(bytes),
                outsideOfHeap(compressed.toByteArray()),
                type,
                caching,
                "\"%x-%x\"".formatted(bytes.length, sum.getValue()));
    }

    private static Buffer outsideOfHeap(byte[] bytes) {
        return BufferImpl.buffer(
                Unpooled.directBuffer(bytes.length, bytes.length).writeBytes(bytes));
    }

    /** Answers with it, or with 304 if the browser has it. */
    void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response()
                .putHeader("ETag", tag)
                .putHeader("Vary", "Accept-Encoding")
                .putHeader("Cache-Control", caching);
        if (tag.equals(request.getHeader("If-None-Match"))) {
            response.setStatusCode(304).end();
            return;
        }
        response.putHeader("Content-Type", type);
        String accepted = request.getHeader("Accept-Encoding");
        boolean compress = accepted != null && accepted.contains("gzip");
        if (compress) {
            response.putHeader("Content-Encoding", "gzip");
        }
        Buffer content = compress ? compressed : plain;
        // Vert.x leaves this out for HEAD.
        response.putHeader("Content-Length", String.valueOf(content.length())).end(content);
    }
}
