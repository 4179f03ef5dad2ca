/** Makes Parquet objects of what has arrived. */
@NullMarked
package com.bytefreezer.connector.pack;

import org.jspecify.annotations.NullMarked;
