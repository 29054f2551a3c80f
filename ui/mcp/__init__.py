"""The MCP door: the agent's tools for other agents and desktop clients, over stdio or at ``/mcp``.

shapes   what tools return
folders  the folders that files may come from
tools    the tools
stored   playlists and tracks as tools and resources
server   the server that offers them
"""
