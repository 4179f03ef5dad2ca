/** Gives agents access to the lake and its exports: the Model Context Protocol, with routes as tools. {@code routes/mcp.camel.yaml} uses it. */
@NullMarked
package com.bytefreezer.connector.mcp;

import org.jspecify.annotations.NullMarked;
